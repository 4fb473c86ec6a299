import IPsec
import Netlink

/// SPD entries to xfrm_userpolicy_info, its templates and attributes, and the requests that concern policies.
enum PolicyMessages {
    /// NEWPOLICY: makes the policy where there is none of its key.
    static func add(_ entry: SPDEntry) throws(DatabaseFailure) -> NetlinkRequest {
        try message(XFRMMessage.newPolicy, entry)
    }

    /// UPDPOLICY: makes the policy, or replaces the one with the same key.
    static func set(_ entry: SPDEntry) throws(DatabaseFailure) -> NetlinkRequest {
        try message(XFRMMessage.updatePolicy, entry)
    }

    /// DELPOLICY, by key.
    static func delete(_ key: SPDKey) -> NetlinkRequest { lookUp(XFRMMessage.deletePolicy, key) }

    /// GETPOLICY, by key.
    static func get(_ key: SPDKey) -> NetlinkRequest { lookUp(XFRMMessage.getPolicy, key) }

    private static func lookUp(_ type: UInt16, _ key: SPDKey) -> NetlinkRequest {
        var request = NetlinkRequest(type: type, capacity: 128)
        request.put(key)
        return request
    }

    /// GETPOLICY, by the database's own number.
    static func get(index: UInt32, table: SPDTable) -> NetlinkRequest {
        lookUp(XFRMMessage.getPolicy, index: index, table)
    }

    /// DELPOLICY, by the database's own number.
    static func delete(index: UInt32, table: SPDTable) -> NetlinkRequest {
        lookUp(XFRMMessage.deletePolicy, index: index, table)
    }

    private static func lookUp(_ type: UInt16, index: UInt32, _ table: SPDTable) -> NetlinkRequest {
        var request = NetlinkRequest(type: type)
        request.putZeros(KernelSize.selector)
        request.put(index)
        // The direction is in the number too; the kernel wants both to agree.
        request.put(UInt8(index & 7))
        request.putZeros(3)
        request.putTable(table)
        return request
    }

    /// GETPOLICY for all.
    static func list() -> NetlinkRequest {
        NetlinkRequest(dump: XFRMMessage.getPolicy)
    }

    /// FLUSHPOLICY for the main table; sockets' policies stay.
    static func flush() -> NetlinkRequest {
        NetlinkRequest(type: XFRMMessage.flushPolicies)
    }

    /// The value of the socket options IP_XFRM_POLICY and IPV6_XFRM_POLICY that lets a socket's packets pass.
    static func socketBypass(_ family: AddressFamily, _ direction: PolicyDirection) -> [UInt8] {
        let everything = Selector(source: .any(family), destination: .any(family))
        var structure = NetlinkRequest(type: 0)
        structure.put(
            SPDEntry(
                SecurityPolicy(selector: everything, direction: direction, action: .bypass, priority: 0)))
        return structure.payload
    }

    private static func message(_ type: UInt16, _ entry: SPDEntry) throws(DatabaseFailure) -> NetlinkRequest {
        try check(entry)
        var request = NetlinkRequest(type: type, capacity: 256)
        let policy = entry.policy
        request.put(entry)
        if case .protect(let templates) = policy.action {
            request.putAttribute(XFRMAttribute.templates) { attribute in
                for template in templates { attribute.put(template, of: policy) }
            }
        }
        request.putTable(entry.table)
        request.put(entry.mark)
        if entry.interfaceID != 0 { request.putAttribute(XFRMAttribute.interfaceID, entry.interfaceID) }
        request.put(entry.offload)
        request.put(entry.securityContext)
        request.put(entry.foreign)
        return request
    }

    private static func check(_ entry: SPDEntry) throws(DatabaseFailure) {
        let selector = entry.policy.selector
        guard selector.source.family == selector.destination.family else {
            throw DatabaseFailure(.other, "the policy \(selector) mixes IPv4 and IPv6")
        }
        if !entry.foreign.isEmpty || entry.securityContext != nil {
            try StateMessages.check(
                entry.foreign, and: entry.securityContext, of: "the policy \(selector)")
        }
        guard case .protect(let templates) = entry.policy.action else { return }
        guard !templates.isEmpty else {
            throw DatabaseFailure(.other, "the policy \(selector) protects by nothing")
        }
        guard templates.count <= XFRMValue.templateLimit else {
            throw DatabaseFailure(
                .unsupported,
                "the policy \(selector) has \(templates.count) transformations; "
                    + "the kernel takes \(XFRMValue.templateLimit) at most")
        }
        for template in templates where template.mode != .transport {
            guard let source = template.tunnelSource, let destination = template.tunnelDestination,
                source.family == destination.family
            else {
                throw DatabaseFailure(
                    .other,
                    "the policy \(selector) asks for \(template.mode) mode, "
                        + "which needs both outer addresses, of one family")
            }
        }
    }
}

extension NetlinkRequest {
    /// Appends xfrm_userpolicy_info.
    mutating func put(_ entry: SPDEntry) {
        let policy = entry.policy
        put(policy.selector, interface: entry.interface)
        put(entry.lifetime)
        put(policy.priority)
        put(entry.wantedIndex)
        put(policy.direction.rawValue)
        put(policy.action == .discard ? XFRMValue.block : XFRMValue.allow)
        put(entry.flags.bits)
        putZeros(5)
    }

    /// Appends xfrm_userpolicy_id, and the attributes that belong to what identifies a policy.
    mutating func put(_ key: SPDKey) {
        put(key.id.selector, interface: key.interface)
        put(UInt32(0))
        put(key.id.direction.rawValue)
        putZeros(3)
        putTable(key.table)
        put(key.mark)
        if key.interfaceID != 0 { putAttribute(XFRMAttribute.interfaceID, key.interfaceID) }
    }

    /// Appends xfrm_userpolicy_type as an attribute; the main table goes without saying.
    mutating func putTable(_ table: SPDTable) {
        guard table != .main else { return }
        putAttribute(XFRMAttribute.policyType) { attribute in
            attribute.put(table.rawValue)
            attribute.putZeros(5)
        }
    }

    /// Appends xfrm_user_tmpl; in transport mode the addresses are those of the packet, and zero here.
    mutating func put(_ template: PolicyTemplate, of policy: SecurityPolicy) {
        let isTransport = template.mode == .transport
        let family = isTransport ? nil : template.tunnelDestination?.family
        putID(
            isTransport ? nil : template.tunnelDestination, spi: template.spi, protocol: template.protocol)
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
        put(template.algorithms.integrity)
        put(template.algorithms.encryption)
        put(template.algorithms.compression)
    }
}
