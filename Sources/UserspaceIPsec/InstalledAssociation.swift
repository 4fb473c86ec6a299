import IPsec

/// An SA of either direction in the SAD.
enum InstalledAssociation: Sendable {
    case outbound(OutboundAssociation)
    case inbound(InboundAssociation)

    /// - Parameter owner: the number of the worker that works with it.
    init(_ association: SecurityAssociation, now: Instant, owner: Int) throws(DatabaseFailure) {
        switch association.direction {
        case .outbound: self = .outbound(try OutboundAssociation(association, now: now, owner: owner))
        case .inbound: self = .inbound(try InboundAssociation(association, now: now, owner: owner))
        }
    }

    var association: SecurityAssociation {
        switch self {
        case .outbound(let entry): entry.association
        case .inbound(let entry): entry.association
        }
    }

    var usage: SecurityAssociationUsage {
        switch self {
        case .outbound(let entry): entry.usage
        case .inbound(let entry): entry.usage
        }
    }

    var deadlines: LifetimeDeadlines {
        switch self {
        case .outbound(let entry): entry.deadlines
        case .inbound(let entry): entry.deadlines
        }
    }

    func updateEncapsulation(_ encapsulation: UDPEncapsulation) {
        switch self {
        case .outbound(let entry): entry.updateEncapsulation(encapsulation)
        case .inbound(let entry): entry.updateEncapsulation(encapsulation)
        }
    }
}
