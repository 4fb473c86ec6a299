package import IPsec

/// What a proposal, a notification or a deletion is about (RFC 7296 section 3.3.1).
package enum IKEProtocol: UInt8, Hashable, Sendable {
    case ike = 1
    case ah = 2
    case esp = 3

    /// nil for IPComp, which has no number here.
    package init?(_ kind: SecurityProtocol) {
        switch kind {
        case .esp: self = .esp
        case .ah: self = .ah
        case .ipcomp: return nil
        }
    }

    /// nil for IKE.
    package var securityProtocol: SecurityProtocol? {
        switch self {
        case .ike: nil
        case .ah: .ah
        case .esp: .esp
        }
    }
}
