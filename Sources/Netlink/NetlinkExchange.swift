import Glibc
import Wire

/// A request and who is told of its answers.
package struct NetlinkExchange: Sendable {
    /// Called with every message that answers the request, in order; the bytes are lent.
    package typealias Reply = @Sendable (NetlinkHeader, Span<UInt8>) -> Void
    /// Called once: nil for success.
    package typealias Completion = @Sendable (NetlinkRefusal?) -> Void

    package let request: NetlinkRequest
    let reply: Reply
    let completion: Completion

    package init(
        _ request: NetlinkRequest, reply: @escaping Reply = { _, _ in }, completion: @escaping Completion
    ) {
        self.request = request
        self.reply = reply
        self.completion = completion
    }
}

/// Carries out exchanges over a socket: many in flight, answers matched by sequence number.
package struct NetlinkPipeline: Sendable {
    private let socket: NetlinkSocket
    private var nextSequence: UInt32 = 1
    private var outstanding: [UInt32: NetlinkExchange] = [:]

    /// Requests in one datagram: enough to save system calls, few enough that their answers fit the socket.
    private static let batchLimit = 64
    /// The kernel answers within the call that sends; only dumps and lost answers ever wait.
    private static let patience = 5

    package init(_ family: NetlinkFamily) throws(NetlinkRefusal) {
        socket = try NetlinkSocket(family)
        socket.setReceiveSpace(1 << 20)
        socket.setPatience(seconds: Self.patience)
    }

    /// Carries out all exchanges in order; every completion has been called when it returns.
    package mutating func carryOut(_ exchanges: [NetlinkExchange]) {
        var rest = exchanges[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Self.batchSize(rest))
            rest = rest.dropFirst(batch.count)
            send(batch)
        }
    }

    /// How many exchanges from the front go together; a dump goes alone, for a socket does one at a time.
    private static func batchSize(_ exchanges: ArraySlice<NetlinkExchange>) -> Int {
        var count = 0
        var length = 0
        for exchange in exchanges {
            if exchange.request.isDump { return max(count, 1) }
            length += exchange.request.encodedSize
            guard count < batchLimit, length <= NetlinkSocket.sendCapacity else { break }
            count += 1
        }
        return max(count, 1)
    }

    private mutating func send(_ batch: ArraySlice<NetlinkExchange>) {
        let first = nextSequence
        for exchange in batch {
            outstanding[nextSequence] = exchange
            nextSequence &+= 1
        }
        do {
            try socket.send(batch.map(\.request), first: first)
        } catch {
            return abandon(error)
        }
        while !outstanding.isEmpty { receive() }
    }

    private mutating func receive() {
        var lost: NetlinkRefusal?
        let reception = socket.receive { datagram in
            do throws(WireError) {
                try datagram.forEachNetlinkMessage { header, payload throws(WireError) in
                    try deliver(header, payload)
                }
            } catch {
                lost = NetlinkRefusal(code: EBADMSG, explanation: "an answer that ends early")
            }
        }
        switch reception {
        case .datagram: break
        case .nothing: lost = NetlinkRefusal(code: ETIMEDOUT, explanation: "no answer came")
        case .overrun: lost = NetlinkRefusal(code: ENOBUFS, explanation: "the answer was lost")
        case .failed(let refusal): lost = refusal
        }
        if let lost { abandon(lost) }
    }

    private mutating func deliver(_ header: NetlinkHeader, _ payload: Span<UInt8>) throws(WireError) {
        guard let exchange = outstanding[header.sequence] else { return }
        switch header.type {
        case NetlinkControl.error, NetlinkControl.done:
            let refusal = try NetlinkRefusal.decode(header, payload)
            outstanding[header.sequence] = nil
            exchange.completion(refusal)
        case NetlinkControl.firstProtocolType...:
            exchange.reply(header, payload)
        default:
            break
        }
    }

    /// Ends everything in flight with the same failure, in the order of the requests.
    private mutating func abandon(_ refusal: NetlinkRefusal) {
        let abandoned = outstanding.sorted { $0.key < $1.key }
        outstanding = [:]
        for (_, exchange) in abandoned { exchange.completion(refusal) }
    }
}
