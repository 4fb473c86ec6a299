/// What an SA may have beyond RFC 4301, by the names that `-o` and `ip xfrm` give it.
package struct SAOptions: Hashable, Sendable {
    /// Only packets with this mark are for the SA; part of what identifies it.
    package var mark: Mark?
    /// The mark that packets get once transformed.
    package var outputMark: Mark?
    /// The xfrm interface it belongs to; 0 for none.
    package var interfaceID: UInt32 = 0
    /// Which way its packets go; nil where that is not told (kernels before 6.10 know no direction).
    package var direction: Direction?
    package var flags: Set<SAFlag> = []
    /// Octets that every tunnel packet is padded to; 0 for none.
    package var trafficFlowPadding: UInt32 = 0
    /// Seconds between NAT keepalives that the kernel sends itself; 0 for none.
    package var keepaliveInterval: UInt32 = 0
    /// Seconds that pass at least between two reports of a changed NAT mapping; 0 for none.
    package var mappingThreshold: UInt32 = 0
    /// The processor whose packets the SA carries alone; nil for all.
    package var processor: UInt32?
    package var offload: HardwareOffload?
    /// The network interface (index) that the selector names; 0 for any.
    package var interface: UInt32 = 0
    /// How far the replay position moves between two reports of it, packets; nil for the system's default.
    package var replayThreshold: UInt32?
    /// How long at most between two reports of the replay position, in units of 100 ms; nil for the default.
    package var timerThreshold: UInt32?
    /// How packets are aggregated; nil unless the mode is IPTFS and something is told.
    package var aggregation: Aggregation?
    /// Mobile IPv6's care-of address.
    package var careOfAddress: IPAddress?
    package var securityContext: SecurityContext?
    /// Attributes that we know no meaning of, as the database gave them.
    package var foreign: [ForeignAttribute] = []

    package init() {}
}

/// A switch of an SA; the raw value is `ip xfrm`'s word.
package enum SAFlag: String, Hashable, Sendable, CaseIterable {
    /// ECN is not copied on decapsulation.
    case noECN = "noecn"
    /// The outer DSCP is copied inward on decapsulation.
    case decapsulateDSCP = "decap-dscp"
    /// The outer header's DF bit stays clear.
    case noPMTUDiscovery = "nopmtudisc"
    /// Mobile IPv6's wildcard receive.
    case wildcardReceive = "wildrecv"
    /// ICMP errors about protected flows may pass.
    case icmp = "icmp"
    /// The selector is for packets of both families.
    case anyFamily = "af-unspec"
    /// AH over IPv4 pads to 4 octets, as RFC 4302 asks.
    case align4 = "align4"
    /// DSCP is not copied outward on encapsulation.
    case noEncapsulateDSCP = "dont-encap-dscp"
    /// The outbound sequence number may start again.
    case sequenceMayWrap = "oseq-may-wrap"
}

/// How an SA of mode IPTFS aggregates packets (RFC 9347); nil is the kernel's default.
package struct Aggregation: Hashable, Sendable {
    /// Inbound: how long a missing packet is waited for, microseconds.
    package var dropTime: UInt32?
    /// Inbound: packets that are put into order again.
    package var reorderWindow: UInt16?
    /// Outbound: inner packets are never cut.
    package var neverFragments = false
    /// Outbound: how long the first packet waits for more, microseconds.
    package var initialDelay: UInt32?
    /// Outbound: octets that may wait.
    package var maximumQueue: UInt32?
    /// Outbound: octets of an outer packet; 0 for the path's MTU.
    package var packetSize: UInt32?

    package init() {}
}

/// A network interface that does part of the work of an SA or policy.
package struct HardwareOffload: Hashable, Sendable {
    package enum Extent: Hashable, Sendable {
        /// Encryption and integrity; the kernel does the rest.
        case crypto
        /// The whole packet.
        case packet
    }

    /// The interface's index.
    package var interface: UInt32
    package var direction: Direction
    package var extent: Extent

    package init(interface: UInt32, direction: Direction, extent: Extent) {
        self.interface = interface
        self.direction = direction
        self.extent = extent
    }
}

/// A security label (setkey's `-ctx`).
package struct SecurityContext: Hashable, Sendable {
    package var domain: UInt8
    package var algorithm: UInt8
    package var text: String

    package init(domain: UInt8, algorithm: UInt8, text: String) {
        self.domain = domain
        self.algorithm = algorithm
        self.text = text
    }
}

/// An attribute without a meaning to us.
package struct ForeignAttribute: Hashable, Sendable {
    package var number: UInt16
    package var octets: [UInt8]

    package init(number: UInt16, octets: [UInt8]) {
        self.number = number
        self.octets = octets
    }
}
