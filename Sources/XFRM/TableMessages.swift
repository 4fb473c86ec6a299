import Netlink
import Wire

/// How full the SAD is, and how wide its hash tables are.
package struct SADSize: Hashable, Sendable {
    package var associations: UInt32 = 0
    /// Buckets of each of the hash tables, and how many they may have at most.
    package var buckets: UInt32 = 0
    package var maximumBuckets: UInt32 = 0

    package init() {}
}

/// How full the SPD is, and how wide its hash tables are.
package struct SPDSize: Hashable, Sendable {
    package var inbound: UInt32 = 0
    package var outbound: UInt32 = 0
    package var forward: UInt32 = 0
    /// Of sockets.
    package var socketInbound: UInt32 = 0
    package var socketOutbound: UInt32 = 0
    package var socketForward: UInt32 = 0
    package var buckets: UInt32 = 0
    package var maximumBuckets: UInt32 = 0
    package var thresholds = SPDThresholds()

    package init() {}
}

/// The prefix lengths from which on a policy stands in the hash table of exact ones; nil to leave them as they are.
package struct SPDThresholds: Hashable, Sendable {
    package var ipv4: Lengths?
    package var ipv6: Lengths?

    package struct Lengths: Hashable, Sendable {
        /// Bits of the local prefix and of the remote one.
        package var local: UInt8
        package var remote: UInt8

        package init(local: UInt8, remote: UInt8) {
            self.local = local
            self.remote = remote
        }
    }

    package init(ipv4: Lengths? = nil, ipv6: Lengths? = nil) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }
}

/// What happens to packets that meet no policy; nil to leave it as it is.
package struct DefaultPolicies: Hashable, Sendable {
    package enum Action: UInt8, Hashable, Sendable {
        case block = 1
        case accept = 2
    }

    package var inbound: Action?
    package var forward: Action?
    package var outbound: Action?

    package init(inbound: Action? = nil, forward: Action? = nil, outbound: Action? = nil) {
        self.inbound = inbound
        self.forward = forward
        self.outbound = outbound
    }
}

extension SADSize: CustomStringConvertible {
    /// `17 SAs in 8 buckets, 1048576 at most`.
    package var description: String {
        "\(associations) SAs in \(buckets) buckets, \(maximumBuckets) at most"
    }
}

extension SPDSize: CustomStringConvertible {
    /// `in 1, out 2, fwd 3, of sockets 0+0+0, in 8 buckets, 1048576 at most`.
    package var description: String {
        let ofSockets = [socketInbound, socketOutbound, socketForward].map(String.init)
        return "in \(inbound), out \(outbound), fwd \(forward), of sockets "
            + ofSockets.joined(separator: "+") + ", in \(buckets) buckets, \(maximumBuckets) at most"
    }
}

extension DefaultPolicies: CustomStringConvertible {
    /// `in accept, fwd block, out accept`.
    package var description: String {
        [("in", inbound), ("fwd", forward), ("out", outbound)]
            .compactMap { name, action in action.map { "\(name) \($0)" } }.joined(separator: ", ")
    }
}

/// Requests about the tables as a whole.
enum TableMessages {
    private static let allFlags = UInt32.max
    private static let stateCount: UInt16 = 1
    private static let stateBuckets: UInt16 = 2
    private static let policyCounts: UInt16 = 1
    private static let policyBuckets: UInt16 = 2
    private static let ipv4Threshold: UInt16 = 3
    private static let ipv6Threshold: UInt16 = 4

    /// GETSADINFO.
    static func sadSize() -> NetlinkRequest { flagged(XFRMMessage.getStateCount) }

    /// GETSPDINFO.
    static func spdSize() -> NetlinkRequest { flagged(XFRMMessage.getPolicyCount) }

    private static func flagged(_ type: UInt16) -> NetlinkRequest {
        var request = NetlinkRequest(type: type)
        request.put(allFlags)
        return request
    }

    /// NEWSPDINFO.
    static func set(_ thresholds: SPDThresholds) -> NetlinkRequest {
        var request = flagged(XFRMMessage.newPolicyCount)
        for (type, lengths) in [(ipv4Threshold, thresholds.ipv4), (ipv6Threshold, thresholds.ipv6)] {
            guard let lengths else { continue }
            request.putAttribute(type) { attribute in
                attribute.put(lengths.local)
                attribute.put(lengths.remote)
            }
        }
        return request
    }

    /// GETDEFAULT.
    static func defaultPolicies() -> NetlinkRequest {
        message(XFRMMessage.getDefaultPolicy, DefaultPolicies())
    }

    /// SETDEFAULT.
    static func set(_ policies: DefaultPolicies) -> NetlinkRequest {
        message(XFRMMessage.setDefaultPolicy, policies)
    }

    /// xfrm_userpolicy_default.
    private static func message(_ type: UInt16, _ policies: DefaultPolicies) -> NetlinkRequest {
        var request = NetlinkRequest(type: type)
        for action in [policies.inbound, policies.forward, policies.outbound] {
            request.put(action?.rawValue ?? 0)
        }
        return request
    }

    static func sadSize(_ payload: Span<UInt8>) throws(WireError) -> SADSize {
        var rest = payload
        try rest.skip(4)
        var size = SADSize()
        try rest.forEachNetlinkAttribute { type, value throws(WireError) in
            var value = value
            switch type {
            case stateCount: size.associations = try value.takeHostUInt32()
            case stateBuckets:
                size.buckets = try value.takeHostUInt32()
                size.maximumBuckets = try value.takeHostUInt32()
            default: break
            }
        }
        return size
    }

    static func spdSize(_ payload: Span<UInt8>) throws(WireError) -> SPDSize {
        var rest = payload
        try rest.skip(4)
        var size = SPDSize()
        try rest.forEachNetlinkAttribute { type, value throws(WireError) in
            var value = value
            switch type {
            case policyCounts: try size.takeCounts(&value)
            case policyBuckets:
                size.buckets = try value.takeHostUInt32()
                size.maximumBuckets = try value.takeHostUInt32()
            case ipv4Threshold: size.thresholds.ipv4 = try value.takeLengths()
            case ipv6Threshold: size.thresholds.ipv6 = try value.takeLengths()
            default: break
            }
        }
        return size
    }

    static func defaultPolicies(_ payload: Span<UInt8>) throws(WireError) -> DefaultPolicies {
        var rest = payload
        return DefaultPolicies(
            inbound: DefaultPolicies.Action(rawValue: try rest.takeUInt8()),
            forward: DefaultPolicies.Action(rawValue: try rest.takeUInt8()),
            outbound: DefaultPolicies.Action(rawValue: try rest.takeUInt8()))
    }
}

extension SPDSize {
    /// Takes xfrmu_spdinfo.
    fileprivate mutating func takeCounts(_ value: inout Span<UInt8>) throws(WireError) {
        inbound = try value.takeHostUInt32()
        outbound = try value.takeHostUInt32()
        forward = try value.takeHostUInt32()
        socketInbound = try value.takeHostUInt32()
        socketOutbound = try value.takeHostUInt32()
        socketForward = try value.takeHostUInt32()
    }
}

extension Span where Element == UInt8 {
    /// Takes xfrmu_spdhthresh.
    fileprivate mutating func takeLengths() throws(WireError) -> SPDThresholds.Lengths {
        SPDThresholds.Lengths(local: try takeUInt8(), remote: try takeUInt8())
    }
}
