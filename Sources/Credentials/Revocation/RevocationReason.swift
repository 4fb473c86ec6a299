/// Why a certificate was revoked (RFC 5280 section 5.3.1).
package enum RevocationReason: Int, Hashable, Sendable, CaseIterable {
    case unspecified = 0
    case keyCompromise = 1
    case authorityCompromise = 2
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case certificateHold = 6
    case removeFromCRL = 8
    case privilegeWithdrawn = 9
    case attributeAuthorityCompromise = 10
}

extension RevocationReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unspecified: "no reason given"
        case .keyCompromise: "key compromise"
        case .authorityCompromise: "compromise of the authority"
        case .affiliationChanged: "affiliation changed"
        case .superseded: "superseded"
        case .cessationOfOperation: "out of operation"
        case .certificateHold: "on hold"
        case .removeFromCRL: "removed from the list"
        case .privilegeWithdrawn: "privilege withdrawn"
        case .attributeAuthorityCompromise: "compromise of the attribute authority"
        }
    }
}
