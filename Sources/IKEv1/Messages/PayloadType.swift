/// The type of an IKEv1 payload: an open set, named where somebody names it (RFC 2408 section 3.1).
package struct PayloadType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let securityAssociation = PayloadType(rawValue: 1)
    package static let keyExchange = PayloadType(rawValue: 4)
    package static let identification = PayloadType(rawValue: 5)
    package static let certificate = PayloadType(rawValue: 6)
    package static let certificateRequest = PayloadType(rawValue: 7)
    package static let hash = PayloadType(rawValue: 8)
    package static let signature = PayloadType(rawValue: 9)
    package static let nonce = PayloadType(rawValue: 10)
    package static let notification = PayloadType(rawValue: 11)
    package static let delete = PayloadType(rawValue: 12)
    package static let vendorID = PayloadType(rawValue: 13)
    package static let attributes = PayloadType(rawValue: 14)
    /// RFC 3947 section 3.2.
    package static let natDetection = PayloadType(rawValue: 20)
    /// RFC 3947 section 5.2.
    package static let natOriginalAddress = PayloadType(rawValue: 21)
    /// As `natDetection`, in the drafts before RFC 3947.
    package static let natDetectionDraft = PayloadType(rawValue: 130)
    /// As `natOriginalAddress`, in the drafts before RFC 3947.
    package static let natOriginalAddressDraft = PayloadType(rawValue: 131)
}

extension PayloadType: CustomStringConvertible {
    /// `key exchange`, or `type 77`.
    package var description: String {
        switch self {
        case .securityAssociation: "security association"
        case .keyExchange: "key exchange"
        case .identification: "identification"
        case .certificate: "certificate"
        case .certificateRequest: "certificate request"
        case .hash: "hash"
        case .signature: "signature"
        case .nonce: "nonce"
        case .notification: "notification"
        case .delete: "delete"
        case .vendorID: "vendor ID"
        case .attributes: "attributes"
        case .natDetection, .natDetectionDraft: "NAT detection"
        case .natOriginalAddress, .natOriginalAddressDraft: "NAT original address"
        default: "type \(rawValue)"
        }
    }
}
