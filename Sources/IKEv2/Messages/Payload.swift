package import ISAKMP

/// One payload of an IKEv2 message, except those that hold others.
package enum Payload: Hashable, Sendable {
    case securityAssociation(SecurityAssociationPayload)
    case keyExchange(KeyExchangePayload)
    case identification(IdentificationPayload, IdentificationPayload.Side)
    case certificate(CertificatePayload)
    case certificateRequest(CertificateRequestPayload)
    case authentication(AuthenticationPayload)
    /// Ni or Nr, 16 to 256 octets.
    case nonce([UInt8])
    case notify(NotifyPayload)
    case delete(DeletePayload)
    case vendorID([UInt8])
    case trafficSelectors(TrafficSelectorPayload, TrafficSelectorPayload.Side)
    case configuration(ConfigurationPayload)
    /// A type without a form of its own here.
    case unknown(PayloadType, isCritical: Bool, [UInt8])

    package var type: PayloadType {
        switch self {
        case .securityAssociation: .securityAssociation
        case .keyExchange: .keyExchange
        case .identification(_, .initiator): .initiatorIdentification
        case .identification(_, .responder): .responderIdentification
        case .certificate: .certificate
        case .certificateRequest: .certificateRequest
        case .authentication: .authentication
        case .nonce: .nonce
        case .notify: .notify
        case .delete: .delete
        case .vendorID: .vendorID
        case .trafficSelectors(_, .initiator): .initiatorTrafficSelectors
        case .trafficSelectors(_, .responder): .responderTrafficSelectors
        case .configuration: .configuration
        case .unknown(let type, _, _): type
        }
    }

    /// Reads one payload; a type without a form of its own becomes `unknown`.
    package init(_ element: PayloadChain.Element) throws(MessageError) {
        let type = PayloadType(rawValue: element.type)
        let body = element.body
        switch type {
        case .securityAssociation: self = .securityAssociation(try SecurityAssociationPayload(body: body))
        case .keyExchange: self = .keyExchange(try KeyExchangePayload(body: body))
        case .initiatorIdentification:
            self = .identification(try IdentificationPayload(body: body, type), .initiator)
        case .responderIdentification:
            self = .identification(try IdentificationPayload(body: body, type), .responder)
        case .certificate: self = .certificate(try CertificatePayload(body: body))
        case .certificateRequest: self = .certificateRequest(try CertificateRequestPayload(body: body))
        case .authentication: self = .authentication(try AuthenticationPayload(body: body))
        case .nonce: self = .nonce(try Self.checked(nonce: body))
        case .notify: self = .notify(try NotifyPayload(body: body))
        case .delete: self = .delete(try DeletePayload(body: body))
        case .vendorID: self = .vendorID(body)
        case .initiatorTrafficSelectors:
            self = .trafficSelectors(try TrafficSelectorPayload(body: body, type), .initiator)
        case .responderTrafficSelectors:
            self = .trafficSelectors(try TrafficSelectorPayload(body: body, type), .responder)
        case .configuration: self = .configuration(try ConfigurationPayload(body: body))
        default: self = .unknown(type, isCritical: element.reserved & Self.criticalBit != 0, body)
        }
    }

    /// The octets after the generic header.
    package func body() throws(MessageError) -> [UInt8] {
        switch self {
        case .securityAssociation(let payload): try payload.body()
        case .keyExchange(let payload): payload.body
        case .identification(let payload, _): payload.body
        case .certificate(let payload): payload.body
        case .certificateRequest(let payload): payload.body
        case .authentication(let payload): payload.body
        case .nonce(let octets): try Self.checked(nonce: octets)
        case .notify(let payload): try payload.body()
        case .delete(let payload): try payload.body()
        case .vendorID(let octets): octets
        case .trafficSelectors(let payload, _): try payload.body(type)
        case .configuration(let payload): try payload.body()
        case .unknown(_, _, let body): body
        }
    }

    func chainElement() throws(MessageError) -> PayloadChain.Element {
        var reserved: UInt8 = 0
        if case .unknown(_, isCritical: true, _) = self { reserved = Self.criticalBit }
        return PayloadChain.Element(type: type.rawValue, body: try body(), reserved: reserved)
    }

    /// RFC 7296 section 3.9.
    package static let nonceSizes = 16...256

    private static func checked(nonce: [UInt8]) throws(MessageError) -> [UInt8] {
        guard nonceSizes.contains(nonce.count) else {
            throw MessageError(.payload(.nonce), .size("nonce", found: nonce.count, expected: "16 to 256"))
        }
        return nonce
    }

    /// Set where whoever does not know the payload must refuse the message (RFC 7296 section 2.5).
    private static let criticalBit: UInt8 = 0x80
}
