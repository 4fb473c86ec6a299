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
    private var window: NetlinkWindow<NetlinkExchange>

    package init(_ family: NetlinkFamily) throws(NetlinkRefusal) {
        window = try NetlinkWindow(family)
    }

    /// Carries out all exchanges in order; every completion has been called when it returns.
    package mutating func carryOut(_ exchanges: [NetlinkExchange]) {
        for exchange in exchanges {
            if window.append(exchange.request, exchange) { continue }
            finish()
            guard !window.append(exchange.request, exchange) else { continue }
            exchange.completion(NetlinkRefusal(code: EMSGSIZE, explanation: "the request is too long"))
        }
        finish()
    }

    private mutating func finish() {
        for outcome in window.exchange({ exchange, header, payload in exchange.reply(header, payload) }) {
            outcome.token.completion(outcome.refusal)
        }
    }
}
