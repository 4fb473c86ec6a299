import IPsec
import PFKey
import XFRM

/// What is remembered of SAs because the kernel's reports leave it out.
struct AssociationMemory {
    private struct Entry {
        var traits: KernelAssociationTraits
        var isDying = false
    }

    /// SAs that are remembered; reports about further ones tell no algorithms.
    private static let limit = 262_144

    private var entries: [KernelAssociationKey: Entry] = [:]
    /// Whether SAs may have changed without a report.
    var isStale = false

    mutating func clear() {
        entries = [:]
        isStale = false
    }

    /// Takes note of an SA that is there; one without algorithms is not mature yet.
    mutating func note(_ association: KernelAssociation) {
        guard association.isKeyed, entries.count < Self.limit else { return }
        entries[association.key] = Entry(traits: association.traits, isDying: association.isPastSoftLimit)
    }

    /// Takes note of a report that an SA's soft limit is reached.
    mutating func noteDying(_ key: KernelAssociationKey) {
        entries[key]?.isDying = true
    }

    mutating func forget(_ key: KernelAssociationKey) {
        entries[key] = nil
    }

    /// - Parameter protocolNumber: of the SAs that are gone; 0 and 255 are all.
    mutating func forgetAll(_ protocolNumber: UInt8) {
        guard protocolNumber != 0, protocolNumber != XFRMValue.anyIPsecProtocol else { return clear() }
        entries = entries.filter { $0.key.protocolNumber != protocolNumber }
    }

    subscript(key: KernelAssociationKey) -> KernelAssociationTraits? { entries[key]?.traits }

    /// The state of an SA as PF_KEY counts, which the kernel does not tell: 0 larval, 1 mature, 2 dying.
    func state(of association: KernelAssociation) -> UInt8 {
        guard association.isKeyed else { return SADBState.larval }
        return entries[association.key]?.isDying ?? false ? SADBState.dying : SADBState.mature
    }
}

/// SADB_SASTATE_….
enum SADBState {
    static let larval: UInt8 = 0
    static let mature: UInt8 = 1
    static let dying: UInt8 = 2
    static let dead: UInt8 = 3
}

/// What the report of a limit leaves out of an SA.
struct KernelAssociationTraits {
    struct Numbers: Hashable {
        /// SADB_AALG number; 0 for none.
        var integrity: UInt8
        /// SADB_EALG or SADB_X_CALG number; 0 for none.
        var encryption: UInt8
    }

    var numbers: Numbers
    var encapsulation: KernelEncapsulation?
    var label: SADBSecurityContext?
    /// The number of the acquire that it came from.
    var sequence: UInt32
}

extension KernelAssociation {
    /// Whether the kernel reported its soft limit already, as far as octets and packets tell.
    fileprivate var isPastSoftLimit: Bool {
        record.usage.traffic.bytes >= record.limits.softBytes
            || record.usage.traffic.packets >= record.limits.softPackets
    }
}
