/// The type of an IKEv2 payload: an open set, named where somebody names it (RFC 7296 section 3.2).
package struct PayloadType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let securityAssociation = PayloadType(rawValue: 33)
    package static let keyExchange = PayloadType(rawValue: 34)
    package static let initiatorIdentification = PayloadType(rawValue: 35)
    package static let responderIdentification = PayloadType(rawValue: 36)
    package static let certificate = PayloadType(rawValue: 37)
    package static let certificateRequest = PayloadType(rawValue: 38)
    package static let authentication = PayloadType(rawValue: 39)
    package static let nonce = PayloadType(rawValue: 40)
    package static let notify = PayloadType(rawValue: 41)
    package static let delete = PayloadType(rawValue: 42)
    package static let vendorID = PayloadType(rawValue: 43)
    package static let initiatorTrafficSelectors = PayloadType(rawValue: 44)
    package static let responderTrafficSelectors = PayloadType(rawValue: 45)
    package static let encrypted = PayloadType(rawValue: 46)
    package static let configuration = PayloadType(rawValue: 47)
    package static let extensibleAuthentication = PayloadType(rawValue: 48)
    /// RFC 7383.
    package static let encryptedFragment = PayloadType(rawValue: 53)

    /// Whether RFC 7296 defines it, so that its critical bit means nothing (section 2.5).
    package var isDefined: Bool { (33...48).contains(rawValue) || self == .encryptedFragment }
}

extension PayloadType: CustomStringConvertible {
    /// `KE`, as the RFC abbreviates it, or `type 77`.
    package var description: String {
        switch self {
        case .securityAssociation: "SA"
        case .keyExchange: "KE"
        case .initiatorIdentification: "IDi"
        case .responderIdentification: "IDr"
        case .certificate: "CERT"
        case .certificateRequest: "CERTREQ"
        case .authentication: "AUTH"
        case .nonce: "nonce"
        case .notify: "notify"
        case .delete: "delete"
        case .vendorID: "vendor ID"
        case .initiatorTrafficSelectors: "TSi"
        case .responderTrafficSelectors: "TSr"
        case .encrypted: "SK"
        case .configuration: "CP"
        case .extensibleAuthentication: "EAP"
        case .encryptedFragment: "SKF"
        default: "type \(rawValue)"
        }
    }
}
