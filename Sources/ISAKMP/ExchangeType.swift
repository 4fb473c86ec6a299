/// The exchange a message belongs to: an open set, named where IANA names it (RFC 2408 section 3.1).
package struct ExchangeType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let base = ExchangeType(rawValue: 1)
    /// Main mode.
    package static let identityProtection = ExchangeType(rawValue: 2)
    package static let authenticationOnly = ExchangeType(rawValue: 3)
    package static let aggressive = ExchangeType(rawValue: 4)
    package static let informational = ExchangeType(rawValue: 5)
    /// Mode configuration and extended authentication.
    package static let transaction = ExchangeType(rawValue: 6)
    package static let quickMode = ExchangeType(rawValue: 32)
    package static let newGroupMode = ExchangeType(rawValue: 33)

    // IKEv2, RFC 7296 section 3.1
    package static let ikeSAInit = ExchangeType(rawValue: 34)
    package static let ikeAuth = ExchangeType(rawValue: 35)
    package static let createChildSA = ExchangeType(rawValue: 36)
    package static let informationalIKEv2 = ExchangeType(rawValue: 37)
}

extension ExchangeType: CustomStringConvertible {
    /// `quick mode`, or `exchange type 77`.
    package var description: String {
        switch self {
        case .base: "base exchange"
        case .identityProtection: "main mode"
        case .authenticationOnly: "authentication only exchange"
        case .aggressive: "aggressive mode"
        case .informational: "informational exchange"
        case .transaction: "transaction exchange"
        case .quickMode: "quick mode"
        case .newGroupMode: "new group mode"
        case .ikeSAInit: "IKE_SA_INIT"
        case .ikeAuth: "IKE_AUTH"
        case .createChildSA: "CREATE_CHILD_SA"
        case .informationalIKEv2: "INFORMATIONAL"
        default: "exchange type \(rawValue)"
        }
    }
}
