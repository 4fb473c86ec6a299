import ISAKMP
package import Wire

/// One payload of an IKEv2 message, except those that hold others.
package enum Payload: ChainedPayload, Hashable, Sendable {
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

    /// Payloads that few messages exceed.
    static let usualCount = 10

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
    ///
    /// - Parameter reserved: the second octet of the generic header.
    package init(_ type: PayloadType, reserved: UInt8 = 0, body: Span<UInt8>) throws(MessageError) {
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
        case .nonce: self = .nonce(try Self.checked(nonce: body.array))
        case .notify: self = .notify(try NotifyPayload(body: body))
        case .delete: self = .delete(try DeletePayload(body: body))
        case .vendorID: self = .vendorID(body.array)
        case .initiatorTrafficSelectors:
            self = .trafficSelectors(try TrafficSelectorPayload(body: body, type), .initiator)
        case .responderTrafficSelectors:
            self = .trafficSelectors(try TrafficSelectorPayload(body: body, type), .responder)
        case .configuration: self = .configuration(try ConfigurationPayload(body: body))
        default: self = .unknown(type, isCritical: reserved & Self.criticalBit != 0, body.array)
        }
    }

    /// Writes the octets after the generic header.
    package func write(to writer: inout ByteWriter) throws(MessageError) {
        switch self {
        case .securityAssociation(let payload): try payload.write(to: &writer)
        case .keyExchange(let payload): payload.write(to: &writer)
        case .identification(let payload, _): payload.write(to: &writer)
        case .certificate(let payload): payload.write(to: &writer)
        case .certificateRequest(let payload): payload.write(to: &writer)
        case .authentication(let payload): payload.write(to: &writer)
        case .nonce(let octets): writer.put(try Self.checked(nonce: octets))
        case .notify(let payload): try payload.write(to: &writer)
        case .delete(let payload): try payload.write(to: &writer)
        case .vendorID(let octets): writer.put(octets)
        case .trafficSelectors(let payload, _): try payload.write(type, to: &writer)
        case .configuration(let payload): try payload.write(to: &writer)
        case .unknown(_, _, let body): writer.put(body)
        }
    }

    /// The second octet of the generic header.
    package var reserved: UInt8 {
        if case .unknown(_, isCritical: true, _) = self { Self.criticalBit } else { 0 }
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
