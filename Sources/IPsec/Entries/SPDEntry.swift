/// A policy as an SPD holds it: a `SecurityPolicy` and all that setkey, PF_KEY and XFRM can say beside it.
package struct SPDEntry: Hashable, Sendable {
    package var policy: SecurityPolicy
    /// Only packets with this mark meet the policy; part of what identifies it.
    package var mark: Mark?
    /// The xfrm interface it belongs to; 0 for none.
    ///
    /// Part of what identifies it.
    package var interfaceID: UInt32 = 0
    /// The network interface (index) that packets must use; 0 for any.
    ///
    /// Part of what identifies it.
    package var interface: UInt32 = 0
    /// Part of what identifies it.
    package var table = SPDTable.main
    /// The number asked for, whose low three bits are the direction; 0 to let the database choose.
    package var wantedIndex: UInt32 = 0
    /// Only the times count for policies.
    package var lifetime = Lifetime.unlimited
    package var flags: Set<SPDFlag> = []
    package var offload: HardwareOffload?
    package var securityContext: SecurityContext?
    /// Attributes that we know no meaning of, as the database gave them.
    package var foreign: [ForeignAttribute] = []

    package init(_ policy: SecurityPolicy) {
        self.policy = policy
    }

    package var key: SPDKey {
        SPDKey(policy.id, mark: mark, interfaceID: interfaceID, interface: interface, table: table)
    }
}

/// The two tables of policies that Linux has; the raw value is the kernel's.
package enum SPDTable: UInt8, Hashable, Sendable {
    case main = 0
    /// Mobile IPv6's, asked before the main one.
    case sub = 1
}

/// A switch of a policy; the raw value is `ip xfrm`'s word.
package enum SPDFlag: String, Hashable, Sendable, CaseIterable {
    /// Sockets may override it.
    case localOK = "localok"
    /// ICMP errors about protected flows may pass.
    case icmp = "icmp"
    /// Each processor acquires SAs of its own.
    case perProcessorAcquire = "cpu-acquire"
}

/// What tells one SPD entry from all others.
package struct SPDKey: Hashable, Sendable {
    package var id: SecurityPolicyID
    package var mark: Mark?
    package var interfaceID: UInt32
    package var interface: UInt32
    package var table: SPDTable

    package init(
        _ id: SecurityPolicyID, mark: Mark? = nil, interfaceID: UInt32 = 0, interface: UInt32 = 0,
        table: SPDTable = .main
    ) {
        self.id = id
        self.mark = mark
        self.interfaceID = interfaceID
        self.interface = interface
        self.table = table
    }
}

/// What tells one SAD entry from all others.
package struct SADKey: Hashable, Sendable {
    package var id: SecurityAssociationID
    package var mark: Mark?

    package init(_ id: SecurityAssociationID, mark: Mark? = nil) {
        self.id = id
        self.mark = mark
    }
}

extension SADEntry {
    package var key: SADKey { SADKey(id, mark: options.mark) }
}
