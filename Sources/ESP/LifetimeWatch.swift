internal import IPsec

/// A limit that a packet made its security association reach.
package enum LifetimeSignal: Hashable, Sendable {
    /// Renew it. Said once.
    case soft
    /// It carries no more. Said once.
    case hard
}

/// What a security association has carried, against what it may carry.
struct LifetimeWatch: Sendable {
    private(set) var usage: SecurityAssociationUsage
    private var softBytes: UInt64
    private var softPackets: UInt64
    private let hardBytes: UInt64
    private let hardPackets: UInt64
    private var hasEnded = false

    init(_ association: SecurityAssociation) {
        let lifetime = association.lifetime
        usage = association.initialUsage
        softBytes = lifetime.softBytes ?? .max
        softPackets = lifetime.softPackets ?? .max
        hardBytes = lifetime.hardBytes ?? .max
        hardPackets = lifetime.hardPackets ?? .max
    }

    /// Refuses every packet once the hard limit is reached.
    func requireTimeLeft() throws(DropReason) {
        if hasEnded { throw .lifetimeExpired }
    }

    /// Counts a packet of `bytes` octets.
    mutating func count(_ bytes: Int) -> LifetimeSignal? {
        usage.bytes &+= UInt64(truncatingIfNeeded: bytes)
        usage.packets &+= 1
        if usage.bytes >= hardBytes || usage.packets >= hardPackets {
            guard !hasEnded else { return nil }
            hasEnded = true
            return .hard
        }
        if usage.bytes >= softBytes || usage.packets >= softPackets {
            softBytes = .max
            softPackets = .max
            return .soft
        }
        return nil
    }
}
