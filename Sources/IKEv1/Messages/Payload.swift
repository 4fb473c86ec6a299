import Credentials
package import IPsec
import ISAKMP
package import Wire

/// One payload of an IKEv1 message.
package enum Payload: ChainedPayload, Hashable, Sendable {
    /// Which numbers NAT traversal payloads have.
    package enum NATForm: Hashable, Sendable {
        /// 20 and 21.
        case rfc3947
        /// 130 and 131.
        case draft
    }

    case securityAssociation(SecurityAssociationPayload)
    /// g^xi or g^xr.
    case keyExchange([UInt8])
    case identification(IdentificationPayload)
    case certificate(CertificatePayload)
    case certificateRequest(CertificatePayload)
    case hash([UInt8])
    case signature([UInt8])
    /// Ni_b or Nr_b, 8 to 256 octets.
    case nonce([UInt8])
    case notification(NotificationPayload)
    case delete(DeletePayload)
    case vendorID(VendorID)
    /// The hash of an address and a port (RFC 3947 section 3.2).
    case natDetection([UInt8], NATForm)
    /// An address before translation (RFC 3947 section 5.2).
    case natOriginalAddress(IPAddress, NATForm)
    case unknown(PayloadType, [UInt8])

    package var type: PayloadType {
        switch self {
        case .securityAssociation: .securityAssociation
        case .keyExchange: .keyExchange
        case .identification: .identification
        case .certificate: .certificate
        case .certificateRequest: .certificateRequest
        case .hash: .hash
        case .signature: .signature
        case .nonce: .nonce
        case .notification: .notification
        case .delete: .delete
        case .vendorID: .vendorID
        case .natDetection(_, .rfc3947): .natDetection
        case .natDetection(_, .draft): .natDetectionDraft
        case .natOriginalAddress(_, .rfc3947): .natOriginalAddress
        case .natOriginalAddress(_, .draft): .natOriginalAddressDraft
        case .unknown(let type, _): type
        }
    }

    /// Reads the body of a payload; a type without a form of its own becomes `unknown`.
    package init(type: PayloadType, body: Span<UInt8>) throws(MessageError) {
        switch type {
        case .securityAssociation: self = .securityAssociation(try SecurityAssociationPayload(body: body))
        case .keyExchange: self = .keyExchange(body.array)
        case .identification: self = .identification(try IdentificationPayload(body: body))
        case .certificate: self = .certificate(try CertificatePayload(body: body, type: type))
        case .certificateRequest: self = .certificateRequest(try CertificatePayload(body: body, type: type))
        case .hash: self = .hash(body.array)
        case .signature: self = .signature(body.array)
        case .nonce: self = .nonce(try Self.checked(nonce: body.array))
        case .notification: self = .notification(try NotificationPayload(body: body))
        case .delete: self = .delete(try DeletePayload(body: body))
        case .vendorID: self = .vendorID(VendorID(body.array))
        case .natDetection: self = .natDetection(body.array, .rfc3947)
        case .natDetectionDraft: self = .natDetection(body.array, .draft)
        case .natOriginalAddress: self = .natOriginalAddress(try Self.address(body, type), .rfc3947)
        case .natOriginalAddressDraft: self = .natOriginalAddress(try Self.address(body, type), .draft)
        default: self = .unknown(type, body.array)
        }
    }

    /// Reserved in IKEv1 (RFC 2408 section 3.2).
    package var reserved: UInt8 { 0 }

    /// Writes the octets after the generic header.
    package func write(to writer: inout ByteWriter) throws(MessageError) {
        switch self {
        case .securityAssociation(let payload): writer.put(payload.rawBody)
        case .keyExchange(let octets), .hash(let octets), .signature(let octets): writer.put(octets)
        case .nonce(let octets): writer.put(try Self.checked(nonce: octets))
        case .identification(let payload): payload.write(to: &writer)
        case .certificate(let payload), .certificateRequest(let payload): payload.write(to: &writer)
        case .notification(let payload): try payload.write(to: &writer)
        case .delete(let payload): try payload.write(to: &writer)
        case .vendorID(let vendorID): writer.put(vendorID.octets)
        case .natDetection(let hash, _): writer.put(hash)
        case .natOriginalAddress(let address, _): IdentificationPayload(.address(address)).write(to: &writer)
        case .unknown(_, let body): writer.put(body)
        }
    }

    /// RFC 2409 section 5.
    private static func checked(nonce: [UInt8]) throws(MessageError) -> [UInt8] {
        guard (8...256).contains(nonce.count) else {
            throw MessageError(.payload(.nonce), .size("nonce", found: nonce.count, expected: "8 to 256"))
        }
        return nonce
    }

    /// An address in the layout of an identification payload whose protocol and port are nothing.
    private static func address(_ body: Span<UInt8>, _ type: PayloadType) throws(MessageError) -> IPAddress {
        let identity: Identity
        do {
            identity = try IdentificationPayload(body: body).identity
        } catch {
            throw MessageError(.payload(type), error.reason)
        }
        guard case .address(let address) = identity else {
            throw MessageError(.payload(type), .content("ID type is not that of an address, expected 1 or 5"))
        }
        return address
    }
}
