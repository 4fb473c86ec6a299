import PFKey
import XFRM

/// What is remembered of SAs because the kernel's reports of their limits leave it out.
package struct AssociationMemory {
    /// SAs that are remembered; reports about further ones tell no algorithms.
    private static let limit = 262_144

    private var entries: [KernelAssociationKey: KernelAssociationTraits] = [:]
    /// Whether there may be SAs that were not told of.
    var isStale = true

    package init() {}

    mutating func clear() {
        entries = [:]
        isStale = false
    }

    /// Takes note of an SA that is there; one without algorithms is not mature yet.
    ///
    /// - Parameter isDying: whether it reached a soft limit; nil where that was not told.
    mutating func note(_ association: KernelAssociation, isDying: Bool? = false) {
        guard association.isKeyed, entries.count < Self.limit else { return }
        entries[association.key] = association.traits
        entries[association.key]?.isDying = isDying
    }

    /// Takes note of the report of a soft limit.
    mutating func noteDying(_ key: KernelAssociationKey) {
        entries[key]?.isDying = true
    }

    /// Takes note that events were lost: which limits were reached since is not known.
    mutating func noteLoss() {
        isStale = true
        for key in entries.keys { entries[key]?.isDying = nil }
    }

    /// The state as PF_KEY counts, which the kernel does not tell: larval without algorithms, dying once it reported a
    /// soft limit, or where that was not heard, has reached one.
    ///
    /// - Parameter now: seconds since 1970.
    func state(of association: KernelAssociation, at now: UInt64) -> UInt8 {
        guard association.isKeyed else { return SADBState.larval }
        let isDying = entries[association.key]?.isDying ?? association.isPastSoftLimit(at: now)
        return isDying ? SADBState.dying : SADBState.mature
    }

    mutating func forget(_ key: KernelAssociationKey) {
        entries[key] = nil
    }

    /// - Parameter protocolNumber: of the SAs that are gone; 0 and 255 are all.
    mutating func forgetAll(_ protocolNumber: UInt8) {
        let isAll = protocolNumber == 0 || protocolNumber == XFRMValue.anyIPsecProtocol
        entries = isAll ? [:] : entries.filter { $0.key.protocolNumber != protocolNumber }
    }

    subscript(key: KernelAssociationKey) -> KernelAssociationTraits? { entries[key] }
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
    /// Whether it reached a soft limit; nil where that was not told.
    var isDying: Bool?
}
