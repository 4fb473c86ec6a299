import ISAKMP
import Negotiation

@testable import IKEv1

/// Changes the payloads of a message on its way, as a peer could that holds the keys.
///
/// What is encrypted is opened with what its receiver knows, and sealed again; hashes of phase 2 are made anew, so
/// that the receiver finds the change and not merely a wrong hash.
enum PlaintextEditing {
    /// The datagram with other payloads, or nil where the receiver could not read it anyway.
    static func edit(
        _ datagram: [UInt8], for receiver: IKEv1Endpoint, _ change: ([Payload]) -> [Payload]
    ) -> [UInt8]? {
        guard let header = try? Message.header(of: datagram) else { return nil }
        guard header.flags.contains(.encryption) else {
            guard var message = try? Message(decoding: datagram) else { return nil }
            message.payloads = change(message.payloads)
            return try? message.encode()
        }
        guard
            let association = receiver.associations.values.first(where: {
                $0.cookies.initiator == header.initiatorCookie
            })
        else { return nil }
        switch association.state {
        case .mainMode(.keyed(let keyed)):
            return reseal(datagram, keyed.cipher, keyed.ivs.phase1) { change($0) }
        case .established:
            guard let sa = association.established else { return nil }
            let exchange = association.quickMode(header.messageID)
            let iv = exchange?.iv ?? sa.terms.ivs.phase2(messageID: header.messageID)
            return reseal(datagram, sa.terms.cipher, iv) { payloads in
                rehash(change(payloads), header.messageID, sa, exchange)
            }
        case .mainMode, .over: return nil
        }
    }

    private static func reseal(
        _ datagram: [UInt8], _ cipher: MessageCipher, _ iv: [UInt8], _ change: ([Payload]) -> [Payload]
    ) -> [UInt8]? {
        guard let opened = try? cipher.open(datagram, iv: iv) else { return nil }
        var message = opened.message
        message.payloads = change(message.payloads)
        return try? cipher.seal(message, iv: iv).datagram
    }

    private static func rehash(
        _ payloads: [Payload], _ messageID: UInt32, _ sa: EstablishedSA, _ exchange: QuickMode?
    ) -> [Payload] {
        guard case .hash? = payloads.first, let following = try? Message.encode(payloads.dropFirst()) else {
            return payloads
        }
        switch exchange?.state {
        case nil:
            let hash = Phase2Hash.first(sa.terms.keys, messageID: messageID, following: following)
            return [.hash(hash)] + payloads.dropFirst()
        case .sentOffer(let sent):
            let hash = Phase2Hash.second(
                sa.terms.keys, messageID: messageID, initiatorNonce: sent.nonce, following: following)
            return [.hash(hash)] + payloads.dropFirst()
        case .findingPolicy, .installingInbound, .answered, .settling, .installingOutbound, .over:
            return payloads
        }
    }
}
