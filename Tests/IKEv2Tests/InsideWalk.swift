import IKEv2
import ISAKMP
import Negotiation
import Wire

/// Sends an endpoint sealed messages that are made of arbitrary octets.
///
/// The input is a sequence of messages, each led by six octets: whether it is a response, goes in fragments or comes
/// after some time; the exchange; what is added to the message ID awaited; the number of payloads; then for each
/// payload its type, its length (two octets) and its body.
enum InsideWalk {
    /// Returns what is wrong with the endpoint afterwards, or nil.
    static func run(_ input: [UInt8], from start: ScriptedPeer, nextMessageID: UInt32) -> String? {
        var peer = start
        var messageID = nextMessageID
        var rest = input.span
        for _ in 0..<8 {
            guard let step = try? Step(&rest) else { break }
            let datagrams = try? peer.seal(
                step.type, messageID &+ step.offset, step.payloads, isResponse: step.isResponse,
                limit: step.isFragmented ? 600 : nil)
            for datagram in datagrams ?? [] {
                for answer in peer.deliver(datagram) where answer.count < MessageHeader.size {
                    return "an answer of \(answer.count) octets"
                }
            }
            if !step.isResponse, step.offset == 0 { messageID &+= 1 }
            if step.passesTime { _ = peer.wait(.seconds(100)) }
        }
        let status = peer.endpoint.status()
        if status.childSAs.count * 2 < peer.installed.count, status.ikeSAs.isEmpty {
            return "\(peer.installed.count) SAs are left of no IKE SA"
        }
        _ = peer.wait(.seconds(1_000_000))
        _ = peer.wait(.seconds(1_000_000))
        if peer.leased != 0 { return "\(peer.leased) addresses are never given back" }
        if peer.policies != 0 { return "\(peer.policies) policies outlive their SAs" }
        if !peer.installed.isEmpty { return "\(peer.installed.count) SAs outlive their lifetimes" }
        return nil
    }

    private struct Step {
        let isResponse: Bool
        let isFragmented: Bool
        let passesTime: Bool
        let type: ExchangeType
        let offset: UInt32
        var payloads: [Payload] = []

        init(_ rest: inout Span<UInt8>) throws {
            let flags = try rest.takeUInt8()
            isResponse = flags & 1 != 0
            isFragmented = flags & 2 != 0
            passesTime = flags & 4 != 0
            type = ExchangeType(rawValue: 34 &+ (try rest.takeUInt8()) % 5)
            offset = UInt32(try rest.takeUInt8()) % 4
            let count = try rest.takeUInt8() % 12
            for _ in 0..<count {
                let kind = PayloadType(rawValue: try rest.takeUInt8())
                let length = Int(try rest.takeUInt16()) % 2048
                payloads.append(.unknown(kind, isCritical: flags & 8 != 0, try rest.takeBytes(length)))
            }
        }
    }
}
