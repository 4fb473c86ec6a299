import IPsec
import Netlink

/// Security policies to xfrm_userpolicy_info and its templates.
enum PolicyMessages {
    /// UPDPOLICY: makes the policy, or replaces the one with the same selector and direction.
    static func set(_ policy: SecurityPolicy) throws(DatabaseFailure) -> NetlinkRequest {
        try check(policy)
        var request = NetlinkRequest(type: XFRMMessage.updatePolicy)
        request.put(policy)
        guard !policy.templates.isEmpty else { return request }
        request.putAttribute(XFRMAttribute.templates) { attribute in
            for template in policy.templates { attribute.put(template, of: policy) }
        }
        return request
    }

    /// DELPOLICY, by selector and direction.
    static func delete(_ id: SecurityPolicyID) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.deletePolicy)
        request.put(id.selector)
        request.put(UInt32(0))
        request.put(id.direction.rawValue)
        request.putZeros(3)
        return request
    }

    /// GETPOLICY for all.
    static func list() -> NetlinkRequest {
        NetlinkRequest(dump: XFRMMessage.getPolicy)
    }

    /// The value of the socket options IP_XFRM_POLICY and IPV6_XFRM_POLICY that lets a socket's packets pass.
    static func socketBypass(_ family: AddressFamily, _ direction: PolicyDirection) -> [UInt8] {
        let everything = Selector(source: .any(family), destination: .any(family))
        var structure = NetlinkRequest(type: 0)
        structure.put(
            SecurityPolicy(selector: everything, direction: direction, action: .bypass, priority: 0))
        return structure.payload
    }

    private static func check(_ policy: SecurityPolicy) throws(DatabaseFailure) {
        guard policy.selector.source.family == policy.selector.destination.family else {
            throw DatabaseFailure(.other, "the policy \(policy.selector) mixes IPv4 and IPv6")
        }
        guard case .protect(let templates) = policy.action else { return }
        guard !templates.isEmpty else {
            throw DatabaseFailure(.other, "the policy \(policy.selector) protects by nothing")
        }
        guard templates.count <= XFRMValue.templateLimit else {
            throw DatabaseFailure(
                .unsupported,
                "the policy \(policy.selector) has \(templates.count) transformations; "
                    + "the kernel takes \(XFRMValue.templateLimit) at most")
        }
        for template in templates where template.mode != .transport {
            guard let source = template.tunnelSource, let destination = template.tunnelDestination,
                source.family == destination.family
            else {
                throw DatabaseFailure(
                    .other,
                    "the policy \(policy.selector) asks for \(template.mode) mode, "
                        + "which needs both outer addresses, of one family")
            }
        }
    }
}

extension NetlinkRequest {
    /// Appends xfrm_userpolicy_info.
    fileprivate mutating func put(_ policy: SecurityPolicy) {
        put(policy.selector)
        put(Lifetime.unlimited)
        put(policy.priority)
        put(UInt32(0))
        put(policy.direction.rawValue)
        put(policy.action == .discard ? XFRMValue.block : XFRMValue.allow)
        putZeros(2)
        putZeros(4)
    }

    /// Appends xfrm_user_tmpl; in transport mode the addresses are those of the packet, and zero here.
    fileprivate mutating func put(_ template: PolicyTemplate, of policy: SecurityPolicy) {
        let isTransport = template.mode == .transport
        let family = isTransport ? nil : template.tunnelDestination?.family
        putID(isTransport ? nil : template.tunnelDestination, spi: 0, protocol: template.protocol)
        put((family ?? policy.selector.family).kernelNumber)
        putZeros(2)
        put(isTransport ? nil : template.tunnelSource)
        put(template.requestID)
        put(template.mode.kernelNumber)
        putZeros(1)
        // The kernel refuses tunnels that may be skipped on output; there the stricter reading holds.
        let mayBeSkipped = template.level == .use && (policy.direction != .outbound || isTransport)
        put(UInt8(mayBeSkipped ? 1 : 0))
        putZeros(1)
        for _ in 0..<3 { put(XFRMValue.allAlgorithms) }
    }
}
