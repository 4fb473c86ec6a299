import IPsec
import Netlink
import Wire

/// A policy as the kernel tells it: xfrm_userpolicy_info.
struct PolicyRecord {
    var selector: KernelSelector
    var priority: UInt32
    var index: UInt32
    var directionNumber: UInt8
    var action: UInt8

    init(_ payload: inout Span<UInt8>) throws(WireError) {
        selector = try payload.takeKernelSelector()
        _ = try payload.takeKernelLifetime()
        _ = try payload.takeKernelUsage()
        priority = try payload.takeHostUInt32()
        index = try payload.takeHostUInt32()
        directionNumber = try payload.takeUInt8()
        action = try payload.takeUInt8()
        try payload.skip(6)
    }

    /// Whether it belongs to one socket; the kernel numbers those beyond the directions.
    var isPerSocket: Bool { index & 7 >= 3 }

    /// Our form; nil for what it cannot say.
    func policy(_ attributes: PolicyAttributes) -> SecurityPolicy? {
        guard !isPerSocket, attributes.isExpressible, let selector = selector.selector,
            let direction = PolicyDirection(rawValue: directionNumber)
        else { return nil }
        let outcome: SecurityPolicy.Action
        switch action {
        case XFRMValue.block: outcome = .discard
        case XFRMValue.allow:
            let templates = attributes.templates.compactMap(\.template)
            guard templates.count == attributes.templates.count else { return nil }
            outcome = templates.isEmpty ? .bypass : .protect(templates)
        default: return nil
        }
        return SecurityPolicy(selector: selector, direction: direction, action: outcome, priority: priority)
    }
}

/// The attributes of a policy that decide what it means.
struct PolicyAttributes {
    var templates: [TemplateRecord] = []
    /// False when a mark, an interface or another table narrows the policy in a way our form cannot say.
    var isExpressible = true

    init(_ payload: Span<UInt8>) throws(WireError) {
        try payload.forEachNetlinkAttribute { type, value throws(WireError) in
            var value = value
            switch type {
            case XFRMAttribute.templates:
                while !value.isEmpty { templates.append(try TemplateRecord(&value)) }
            case XFRMAttribute.policyType:
                if try value.takeUInt8() != XFRMValue.mainPolicies { isExpressible = false }
            case XFRMAttribute.mark, XFRMAttribute.interfaceID:
                if value.array.contains(where: { $0 != 0 }) { isExpressible = false }
            default: break
            }
        }
    }
}

/// A template as the kernel tells it: xfrm_user_tmpl.
struct TemplateRecord {
    var destination: KernelAddress
    var spi: UInt32
    var protocolNumber: UInt8
    var family: UInt16
    var source: KernelAddress
    var requestID: UInt32
    var modeNumber: UInt8
    var isOptional: Bool

    init(_ payload: inout Span<UInt8>) throws(WireError) {
        destination = try payload.takeKernelAddress()
        spi = try payload.takeUInt32()
        protocolNumber = try payload.takeUInt8()
        try payload.skip(3)
        family = try payload.takeHostUInt16()
        try payload.skip(2)
        source = try payload.takeKernelAddress()
        requestID = try payload.takeHostUInt32()
        modeNumber = try payload.takeUInt8()
        try payload.skip(1)
        isOptional = try payload.takeUInt8() != 0
        try payload.skip(13)
    }

    /// Our form; nil for what it cannot say (a fixed SPI, another protocol or mode).
    var template: PolicyTemplate? {
        guard spi == 0, let kind = SecurityProtocol(rawValue: protocolNumber),
            let mode = EncapsulationMode(kernelNumber: modeNumber),
            let family = AddressFamily(kernelNumber: family)
        else { return nil }
        let hasAddresses = mode != .transport
        return PolicyTemplate(
            protocol: kind, mode: mode, tunnelSource: hasAddresses ? source.address(family) : nil,
            tunnelDestination: hasAddresses ? destination.address(family) : nil,
            level: isOptional ? .use : requestID == 0 ? .require : .unique(requestID: requestID))
    }
}

extension SecurityPolicy {
    /// Reads a policy from a NEWPOLICY message's payload; nil for per-socket ones and what our form cannot say.
    init?(kernel payload: Span<UInt8>) throws(WireError) {
        var rest = payload
        let record = try PolicyRecord(&rest)
        guard let policy = record.policy(try PolicyAttributes(rest)) else { return nil }
        self = policy
    }
}
