import Algorithms
import IPsec
import Negotiation

/// The second pair of main mode: KE, Ni or Nr, and what detects NAT.
struct KeyExchangeMessage {
    let publicValue: [UInt8]
    let nonce: [UInt8]
    let natDetection: [[UInt8]]

    init(_ message: Message) throws(NegotiationFailure) {
        publicValue = try message.one("key exchange") { if case .keyExchange(let v) = $0 { v } else { nil } }
        nonce = try message.one("nonce") { if case .nonce(let v) = $0 { v } else { nil } }
        natDetection = message.payloads.compactMap { if case .natDetection(let v, _) = $0 { v } else { nil } }
    }
}

/// The third pair of main mode: IDii or IDir, HASH_I or HASH_R.
struct IdentityMessage {
    let identification: IdentificationPayload
    let hash: [UInt8]
    let notifications: [NotificationPayload]

    init(_ message: Message) throws(NegotiationFailure) {
        identification = try message.one("identification") {
            if case .identification(let v) = $0 { v } else { nil }
        }
        hash = try message.one("hash") { if case .hash(let v) = $0 { v } else { nil } }
        notifications = message.notifications
    }
}

extension Message {
    /// The one payload of a kind that a message must have.
    func one<Body>(_ noun: String, _ find: (Payload) -> Body?) throws(NegotiationFailure) -> Body {
        let found = payloads.compactMap(find)
        guard let first = found.first, found.count == 1 else {
            throw .peerViolatedProtocol("\(found.count) \(noun) payloads where one is required")
        }
        return first
    }

    var securityAssociation: SecurityAssociationPayload {
        get throws(NegotiationFailure) {
            try one("security association") { if case .securityAssociation(let v) = $0 { v } else { nil } }
        }
    }

    var capabilities: PeerCapabilities {
        PeerCapabilities(
            vendorIDs: payloads.compactMap { if case .vendorID(let v) = $0 { v } else { nil } })
    }

    var notifications: [NotificationPayload] {
        payloads.compactMap { if case .notification(let v) = $0 { v } else { nil } }
    }
}
