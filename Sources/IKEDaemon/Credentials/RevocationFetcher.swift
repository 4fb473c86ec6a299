import Credentials
import HTTPExchange
import IPsec
import NIOCore
import Synchronization

/// Fetches CRLs and OCSP answers: one at a time from each location, and for a while not from one that failed.
final class RevocationFetcher: Sendable {
    typealias Answer = @Sendable (Result<[UInt8], FetchFailure>) -> Void
    /// Carries out a request; tests answer themselves.
    typealias Transport = @Sendable (HTTPRequest, _ most: Int) -> EventLoopFuture<[UInt8]>

    private struct Waiting {
        let request: HTTPRequest
        let most: Int
        /// All who want the answer to this request.
        var answers: [Answer]
    }

    private struct State {
        /// By location; the first of each is under way.
        var queues: [HTTPLocation: [Waiting]] = [:]
        var failures: [HTTPLocation: (failure: FetchFailure, until: Instant)] = [:]
    }

    private let state = Mutex(State())
    private let transport: Transport
    private let now: @Sendable () -> Instant

    private static let mostLocations = 256
    private static let mostWaiting = 64
    /// How long a location that failed is left alone.
    private static let holdOff = Duration.seconds(30)

    init(now: @escaping @Sendable () -> Instant, transport: @escaping Transport) {
        self.now = now
        self.transport = transport
    }

    /// Fetches; `answer` is called on any thread.
    func fetch(_ wanted: RevocationFetch, answer: @escaping Answer) {
        guard let request = Self.request(wanted) else {
            answer(.failure(FetchFailure("\(wanted.location) is no location that is fetched from")))
            return
        }
        let refusal = enqueue(Waiting(request: request, most: wanted.mostOctets, answers: [answer]))
        switch refusal {
        case .some(let refusal): answer(.failure(refusal))
        case nil: return
        }
    }

    private static func request(_ wanted: RevocationFetch) -> HTTPRequest? {
        guard let location = HTTPLocation(wanted.location) else { return nil }
        switch wanted {
        case .crl: return HTTPRequest(.get, location, accepted: "application/pkix-crl")
        case .ocsp(_, let request, _):
            return HTTPRequest(
                .post(type: "application/ocsp-request", request.encoding), location,
                accepted: "application/ocsp-response")
        }
    }

    /// Why it is not fetched; nil where it will be.
    private func enqueue(_ waiting: Waiting) -> FetchFailure? {
        let location = waiting.request.location
        let time = now()
        let (refusal, begins) = state.withLock { state -> (FetchFailure?, Bool) in
            if let known = state.failures[location] {
                guard known.until <= time else { return (known.failure, false) }
                state.failures[location] = nil
            }
            var queue = state.queues[location] ?? []
            if let same = queue.firstIndex(where: { $0.request == waiting.request }) {
                queue[same].answers += waiting.answers
                state.queues[location] = queue
                return (nil, false)
            }
            guard queue.count < Self.mostWaiting, !queue.isEmpty || state.queues.count < Self.mostLocations
            else { return (FetchFailure("too much is being fetched"), false) }
            state.queues[location] = queue + [waiting]
            return (nil, queue.isEmpty)
        }
        if begins { perform(waiting) }
        return refusal
    }

    private func perform(_ waiting: Waiting) {
        let (request, most) = (waiting.request, waiting.most)
        transport(request, most).whenComplete { result in
            self.ended(
                request.location,
                result.mapError { ($0 as? FetchFailure) ?? FetchFailure("\($0)") })
        }
    }

    private func ended(_ location: HTTPLocation, _ result: Result<[UInt8], FetchFailure>) {
        let time = now()
        let (answers, next) = state.withLock { state -> ([Answer], Waiting?) in
            var queue = state.queues[location] ?? []
            guard !queue.isEmpty else { return ([], nil) }
            var answers = queue.removeFirst().answers
            if case .failure(let failure) = result {
                // The others would fare no better.
                answers += queue.flatMap(\.answers)
                queue = []
                if state.failures.count >= Self.mostLocations { state.failures = [:] }
                state.failures[location] = (failure, time + Self.holdOff)
            }
            state.queues[location] = queue.isEmpty ? nil : queue
            return (answers, queue.first)
        }
        for answer in answers { answer(result) }
        if let next { perform(next) }
    }
}
