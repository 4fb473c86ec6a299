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

/// The third pair of main mode: IDii or IDir, and HASH_I or HASH_R or, with certificates, SIG_I or SIG_R.
struct IdentityMessage {
    let identification: IdentificationPayload
    /// The hash, or the signature over it.
    let proof: [UInt8]
    let certificates: [EncodedCertificate]
    let notifications: [NotificationPayload]

    init(_ message: Message, _ authentication: OakleyAuthentication) throws(NegotiationFailure) {
        identification = try message.one("identification") {
            if case .identification(let v) = $0 { v } else { nil }
        }
        switch authentication {
        case .preSharedKey:
            proof = try message.one("hash") { if case .hash(let v) = $0 { v } else { nil } }
        case .rsaSignature:
            proof = try message.one("signature") { if case .signature(let v) = $0 { v } else { nil } }
        }
        certificates = message.payloads.compactMap { payload in
            guard case .certificate(let certificate) = payload else { return nil }
            return EncodedCertificate(encoding: certificate.encoding, octets: certificate.content)
        }
        notifications = message.notifications
    }
}

extension Message {
    /// The one payload of a kind that a message must have.
    func one<Body>(_ noun: String, _ find: (Payload) -> Body?) throws(NegotiationFailure) -> Body {
        var first: Body?
        var count = 0
        for payload in payloads {
            guard let body = find(payload) else { continue }
            first = first ?? body
            count += 1
        }
        guard let first, count == 1 else {
            throw .peerViolatedProtocol("\(count) \(noun) payloads where one is required")
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
