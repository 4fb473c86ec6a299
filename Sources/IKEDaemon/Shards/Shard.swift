package import IPsec
package import NIOCore
package import Negotiation
import Synchronization

/// One endpoint with all its exchanges, on one event loop; nothing else ever touches it.
final class Shard {
    /// Told of each report, with the number of child SAs its tunnel then has.
    typealias Observer = @Sendable (Report, Int) -> Void

    private var endpoint: any NegotiatingEndpoint
    private let performer: EffectPerformer
    private let loop: any EventLoop
    private let clock: @Sendable () -> Instant
    private let observer: Observer
    private var answer: @Sendable (Event) -> Void = { _ in }
    private var alarm: (at: Instant, task: Scheduled<Void>)?
    /// Answers to effects that came while others were being performed.
    private var answers: [Event] = []
    private var isHandling = false
    private var hasEnded = false

    init(
        endpoint: any NegotiatingEndpoint, performer: EffectPerformer, loop: any EventLoop,
        clock: @escaping @Sendable () -> Instant, observer: @escaping Observer
    ) {
        self.endpoint = endpoint
        self.performer = performer
        self.loop = loop
        self.clock = clock
        self.observer = observer
    }

    func begin(answer: @escaping @Sendable (Event) -> Void) {
        self.answer = answer
    }

    /// Handles events, and the answers that their effects get at once.
    func handle(_ events: [Event]) {
        for (index, event) in events.enumerated() {
            handle(event)
            if (index + 1).isMultiple(of: Self.eventsPerFlush) { performer.flush() }
        }
        performer.flush()
        performer.flushLines()
        setAlarm()
    }

    /// Events after which messages need not wait any longer for others.
    private static let eventsPerFlush = 8

    private func handle(_ event: Event) {
        answers.append(event)
        guard !isHandling else { return }
        isHandling = true
        var next = 0
        while next < answers.count {
            step(answers[next])
            next += 1
        }
        answers.removeAll(keepingCapacity: true)
        isHandling = false
    }

    private func step(_ event: Event) {
        guard !hasEnded else { return }
        if case .installed(let token, let result) = event { performer.noted(token, result) }
        if case .deadline = event { alarm = nil }
        for effect in endpoint.handle(event, now: clock()) {
            performer.perform(effect, answer: answer)
            if case .report(let report) = effect {
                observer(report, liveChildren(after: report))
            }
        }
    }

    /// Takes an answer on the shard's own loop: in its turn if others are at work, else at once.
    func answered(_ event: Event) {
        if isHandling { answers.append(event) } else { handle([event]) }
    }

    func status() -> EndpointStatus { endpoint.status() }

    func keys() -> EndpointKeys { endpoint.keys() }

    /// Says goodbye to all peers and leaves nothing behind; `done` is called when that has happened.
    func shutDown(done: @escaping @Sendable () -> Void) {
        handle(.shutDown)
        performer.flush()
        performer.flushLines()
        hasEnded = true
        alarm?.task.cancel()
        alarm = nil
        answer = { _ in }
        performer.removeAll(done: done)
    }

    /// Only a loss needs the number, and looking for it costs a walk over all SAs.
    private func liveChildren(after report: Report) -> Int {
        guard report.kind == .childGone, let tunnel = report.subject.tunnel else { return 0 }
        return endpoint.status().childSAs.count { $0.tunnel == tunnel && $0.isCurrent }
    }

    private func setAlarm() {
        guard let next = endpoint.nextDeadline else { return }
        // One that goes off too early does no harm, and most deadlines are put off.
        if let alarm, alarm.at <= next { return }
        alarm?.task.cancel()
        let answer = answer
        let delay = TimeAmount.nanoseconds(max(0, (next - clock()).wholeNanoseconds))
        alarm = (next, loop.scheduleTask(in: delay) { answer(.deadline) })
    }
}

/// How others reach a shard: by events, from any thread.
package struct ShardHandle: Sendable {
    private let loop: any EventLoop
    private let shard: NIOLoopBound<Shard>
    private let backlog = Backlog()

    /// How many posts were not handled yet.
    private final class Backlog: Sendable {
        let count = Atomic(0)
    }

    /// Whether events wait to be handled, or are being handled.
    package var isBusy: Bool { backlog.count.load(ordering: .relaxed) > 0 }

    /// Makes a shard on its loop, with an endpoint and a performer made there.
    package static func make(
        on loop: any EventLoop, clock: @escaping @Sendable () -> Instant,
        endpoint: @escaping @Sendable () -> any NegotiatingEndpoint,
        performer: @escaping @Sendable () -> EffectPerformer,
        observer: @escaping @Sendable (Report, _ liveChildren: Int) -> Void
    ) -> EventLoopFuture<ShardHandle> {
        loop.submit {
            let shard = Shard(
                endpoint: endpoint(), performer: performer(), loop: loop, clock: clock, observer: observer)
            let handle = ShardHandle(loop: loop, shard: NIOLoopBound(shard, eventLoop: loop))
            shard.begin { event in
                if loop.inEventLoop {
                    handle.shard.value.answered(event)
                } else {
                    handle.post(event)
                }
            }
            return handle
        }
    }

    package func post(_ event: Event) {
        post([event])
    }

    /// Several events, in this order, for the price of one hop.
    package func post(_ events: [Event]) {
        backlog.count.add(1, ordering: .relaxed)
        loop.execute {
            shard.value.handle(events)
            backlog.count.subtract(1, ordering: .relaxed)
        }
    }

    package func status() -> EventLoopFuture<EndpointStatus> {
        loop.submit { shard.value.status() }
    }

    package func keys() -> EventLoopFuture<EndpointKeys> {
        loop.submit { shard.value.keys() }
    }

    /// Says goodbye to all peers and removes every SA; fulfilled when the database has carried it out.
    package func shutDown() -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        loop.execute { shard.value.shutDown { promise.succeed() } }
        return promise.futureResult
    }
}
