package import IPsec
package import SourceText

/// What `spdadd` and `spdupdate` state.
package struct PolicyStatement: Sendable {
    package var subject: PolicySubject
    package var direction: PolicyDirection
    package var action: PolicyAction
    /// The lowest number wins.
    package var priority: UInt32
}

/// What tells a policy from others, all that is written before `-P`.
package struct PolicySubject: Sendable {
    package enum Traffic: Sendable {
        case ranges(source: RangeReference, destination: RangeReference, UpperLayer)
        /// Packets that a filter gave a tag.
        case tagged(String, SourceLocation)
    }

    package var names = NameRestriction()
    package var traffic: Traffic
    /// One at most; most policies have none, and stay small.
    private var statedOptions: [PolicyOptions] = []

    package init(_ traffic: Traffic) {
        self.traffic = traffic
    }

    package var options: PolicyOptions {
        get { statedOptions.first ?? PolicyOptions() }
        set { statedOptions = newValue.isEmpty ? [] : [newValue] }
    }

    /// Whether nothing is written between the traffic and `-P`.
    var hasOptions: Bool { !statedOptions.isEmpty }
}

/// The upper-layer protocol of a policy's traffic, and what tells packets of it apart beside ports.
package struct UpperLayer: Sendable {
    package enum Form: Hashable, Sendable {
        /// 0 for any.
        case number(UInt8)
        /// One that only /etc/protocols may know.
        case name(String)
    }

    package enum Detail: Hashable, Sendable {
        /// Of ICMP, ICMPv6 and the mobility header.
        case type(UInt8, code: UInt8)
        /// Of GRE.
        case key(UInt32)
    }

    package var form: Form
    package var detail: Detail?
    package var location: SourceLocation

    package init(_ form: Form, detail: Detail? = nil, at location: SourceLocation) {
        self.form = form
        self.detail = detail
        self.location = location
    }
}

/// What a policy may have beyond setkey's words, and its security context.
package struct PolicyOptions: Sendable {
    /// What is done with request IDs beyond those for people to choose.
    package enum StatedRequestIDs: Hashable, Sendable {
        /// Another number is taken, as setkey's kernels do.
        case chosenAnew
        /// `-o any-reqid`.
        case asStated
    }

    package var mark: Mark?
    /// The xfrm interface; 0 for none.
    package var interfaceID: UInt32 = 0
    /// The network interface that packets must use, by name or number.
    package var interface: String?
    package var interfaceLocation: SourceLocation?
    /// Only the times count.
    package var lifetime = Lifetime.unlimited
    package var flags: Set<SPDFlag> = []
    package var requestIDs = StatedRequestIDs.chosenAnew
    package var offload: OffloadReference?
    package var securityContext: SecurityContext?
    /// `-ctx`, where it is written.
    package var contextLocation: SourceLocation?
    package var foreign: [ForeignAttribute] = []

    package init() {}

    /// Whether nothing is written.
    package var isEmpty: Bool {
        mark == nil && interfaceID == 0 && interface == nil && lifetime == .unlimited && flags.isEmpty
            && requestIDs == .chosenAnew && offload == nil && securityContext == nil && foreign.isEmpty
    }
}

/// What is done with the packets, as written.
package enum PolicyAction: Sendable, Hashable {
    case discard
    /// setkey's `none`: pass without protection.
    case bypass
    /// setkey's `ipsec`, innermost first.
    case protect([PolicyRequest])
}

/// `protocol/mode/source-destination/level`.
package struct PolicyRequest: Sendable, Hashable {
    package enum Level: Sendable, Hashable {
        case use
        case require
        /// A request ID of 0 is one that the system chooses.
        case unique(requestID: UInt32)
    }

    package var `protocol`: SecurityProtocol
    package var mode: EncapsulationMode
    package var source: IPAddress?
    package var destination: IPAddress?
    package var level: Level
    /// What is written in brackets behind the tunnel's ends, which a policy has no place for.
    package var ports = EndpointPorts.none

    package enum EndpointPorts: Sendable, Hashable {
        /// Nothing is written, or what stands for any port.
        case none
        case stated
    }
}
