import Glibc
import Wire

/// Requests on their way to the kernel over one socket, each with what its owner has to remember of it.
///
/// Requests are collected and sent together; the kernel carries them out one after the other within the call that
/// sends, so their answers wait once it returns.
package struct NetlinkWindow<Token> {
    /// How a request ended: nil for success.
    package struct Outcome {
        package var token: Token
        package var refusal: NetlinkRefusal?
    }

    /// Called with every message that answers a request, in order; the bytes are lent.
    package typealias Reply = (inout Token, NetlinkHeader, Span<UInt8>) -> Void

    private let socket: NetlinkSocket
    /// The sequence number of the first request in flight; the others follow without a gap.
    private var first: UInt32 = 1
    private var requests: [Outcome] = []
    /// Set once the last request in flight is answered, and with it all.
    private var isAnswered = false

    /// Enough to save system calls, few enough that their answers fit the socket.
    private static var limit: Int { 64 }
    /// The kernel answers within the call that sends; only dumps and lost answers ever wait.
    private static var patience: Int { 5 }

    package init(_ family: NetlinkFamily) throws(NetlinkRefusal) {
        socket = try NetlinkSocket(family)
        socket.setReceiveSpace(1 << 20)
        socket.setPatience(seconds: Self.patience)
    }

    package var isEmpty: Bool { requests.isEmpty }

    /// Whether a further request would have to wait for an exchange.
    package var isFull: Bool { requests.count >= Self.limit }

    /// Collects a request; false when there is no room for it beside those that wait already.
    package mutating func append(_ request: NetlinkRequest, _ token: Token) -> Bool {
        let sequence = first &+ UInt32(truncatingIfNeeded: requests.count)
        guard !isFull, !(request.isDump && !isEmpty),
            socket.append(request, sequence: sequence)
        else { return false }
        requests.append(Outcome(token: token, refusal: nil))
        return true
    }

    /// Sends what was collected, and gives how each request ended, in order.
    package mutating func exchange(_ reply: Reply) -> [Outcome] {
        guard !isEmpty else { return [] }
        isAnswered = false
        var lost: NetlinkRefusal?
        do {
            try socket.flush()
            while !isAnswered, lost == nil { lost = receive(reply) }
        } catch {
            lost = error
        }
        if let lost { abandon(lost) }
        first &+= UInt32(truncatingIfNeeded: requests.count)
        defer { requests.removeAll(keepingCapacity: true) }
        return requests
    }

    /// Receives one datagram of answers; why there is none, if so.
    private mutating func receive(_ reply: Reply) -> NetlinkRefusal? {
        var lost: NetlinkRefusal?
        let reception = socket.receive { datagram in
            do throws(WireError) {
                try datagram.forEachNetlinkMessage { header, payload throws(WireError) in
                    try deliver(header, payload, reply)
                }
            } catch {
                lost = NetlinkRefusal(code: EBADMSG, explanation: "an answer that ends early")
            }
        }
        return switch reception {
        case .datagram: lost
        case .nothing: NetlinkRefusal(code: ETIMEDOUT, explanation: "no answer came")
        case .overrun: NetlinkRefusal(code: ENOBUFS, explanation: "the answer was lost")
        case .failed(let refusal): refusal
        }
    }

    private mutating func deliver(
        _ header: NetlinkHeader, _ payload: Span<UInt8>, _ reply: Reply
    ) throws(WireError) {
        let index = Int(header.sequence &- first)
        guard requests.indices.contains(index) else { return }
        switch header.type {
        case NetlinkControl.error, NetlinkControl.done:
            requests[index].refusal = try NetlinkRefusal.decode(header, payload)
            if index == requests.count - 1 { isAnswered = true }
        case NetlinkControl.firstProtocolType...:
            reply(&requests[index].token, header, payload)
        default:
            break
        }
    }

    /// Ends everything that may be unanswered with the same failure.
    private mutating func abandon(_ refusal: NetlinkRefusal) {
        for index in requests.indices where requests[index].refusal == nil {
            requests[index].refusal = refusal
        }
    }
}

extension NetlinkWindow: Sendable where Token: Sendable {}
extension NetlinkWindow.Outcome: Sendable where Token: Sendable {}
