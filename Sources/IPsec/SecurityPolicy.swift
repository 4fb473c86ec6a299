/// Where a policy is looked up; the raw values are the kernel's.
package enum PolicyDirection: UInt8, Hashable, Sendable, CaseIterable {
    /// Packets for this host.
    case inbound = 0
    /// Packets leaving, ours or forwarded.
    case outbound = 1
    /// Packets passing through.
    case forward = 2
}

/// One transformation a policy asks for (setkey's `proto/mode/src-dst/level`).
package struct PolicyTemplate: Hashable, Sendable {
    package enum Level: Hashable, Sendable {
        /// Use an SA if there is one (setkey `use`).
        case use
        /// An SA is required (setkey `require` and `default`).
        case require
        /// An SA of this request ID alone is required (setkey `unique`).
        case unique(requestID: UInt32)
    }

    package var `protocol`: SecurityProtocol
    package var mode: EncapsulationMode
    /// Outer addresses in tunnel mode, in the direction of the packet; nil in transport mode.
    package var tunnelSource: IPAddress?
    package var tunnelDestination: IPAddress?
    package var level: Level
    /// The one SPI that may be used; 0 for any.
    package var spi = SPI(0)
    /// The request ID of a template at the level `use`; 0 for none.
    package var optionalRequestID: UInt32 = 0
    /// The algorithms that may be used, by the database's own numbers.
    package var algorithms = AlgorithmMasks()

    /// Bits for the algorithms that a template takes, 1 << PF_KEY number; all are set unless somebody cleared some.
    package struct AlgorithmMasks: Hashable, Sendable {
        package var integrity: UInt32 = .max
        package var encryption: UInt32 = .max
        package var compression: UInt32 = .max

        package init(integrity: UInt32 = .max, encryption: UInt32 = .max, compression: UInt32 = .max) {
            self.integrity = integrity
            self.encryption = encryption
            self.compression = compression
        }
    }

    package init(
        protocol: SecurityProtocol, mode: EncapsulationMode, tunnelSource: IPAddress? = nil,
        tunnelDestination: IPAddress? = nil, level: Level = .require
    ) {
        self.protocol = `protocol`
        self.mode = mode
        self.tunnelSource = tunnelSource
        self.tunnelDestination = tunnelDestination
        self.level = level
    }

    /// The request ID the template is bound to; 0 for none.
    package var requestID: UInt32 {
        switch level {
        case .unique(let requestID): requestID
        case .use: optionalRequestID
        case .require: 0
        }
    }
}

/// What tells one policy from another.
package struct SecurityPolicyID: Hashable, Sendable {
    package var selector: Selector
    package var direction: PolicyDirection

    package init(selector: Selector, direction: PolicyDirection) {
        self.selector = selector
        self.direction = direction
    }
}

/// A security policy: what happens to the packets that a selector picks.
package struct SecurityPolicy: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// Pass without protection (setkey `none`).
        case bypass
        case discard
        /// Protect by these, innermost first.
        case protect([PolicyTemplate])
    }

    /// setkey's `def`: between its `high` 0x40000000 and `low` 0xc0000000.
    package static let defaultPriority: UInt32 = 0x8000_0000

    package var selector: Selector
    package var direction: PolicyDirection
    package var action: Action
    /// The lowest number wins.
    package var priority: UInt32
    /// The name of the user-space plane's network device for what the policy is about; nil for the plane's own.
    ///
    /// What an outbound policy protects is routed into that device, and what comes through the SAs that an inbound
    /// policy asks for appears there. At most 15 octets. Kernel planes have no such devices and take no notice.
    package var device: String?

    package init(
        selector: Selector, direction: PolicyDirection, action: Action, priority: UInt32 = defaultPriority
    ) {
        self.selector = selector
        self.direction = direction
        self.action = action
        self.priority = priority
    }

    package var id: SecurityPolicyID { SecurityPolicyID(selector: selector, direction: direction) }

    package var templates: [PolicyTemplate] {
        if case .protect(let templates) = action { templates } else { [] }
    }
}
