package import IPsec
import Netlink
package import Wire

/// A policy as the kernel tells it: xfrm_userpolicy_info.
package struct PolicyRecord {
    package var selector: KernelSelector
    package var limits: KernelLimits
    package var usage: EntryUsage
    package var priority: UInt32
    package var index: UInt32
    package var directionNumber: UInt8
    package var action: UInt8
    package var flags: UInt8

    package init(_ payload: inout Span<UInt8>) throws(WireError) {
        selector = try payload.takeKernelSelector()
        limits = try payload.takeKernelLimits()
        usage = try payload.takeKernelUsage()
        priority = try payload.takeHostUInt32()
        index = try payload.takeHostUInt32()
        directionNumber = try payload.takeUInt8()
        action = try payload.takeUInt8()
        flags = try payload.takeUInt8()
        try payload.skip(5)
    }

    /// The direction; the kernel numbers those of sockets' policies after the others.
    package var direction: PolicyDirection? {
        PolicyDirection(rawValue: directionNumber >= 3 ? directionNumber - 3 : directionNumber)
    }

    /// What happens to packets; nil for an action that is neither of the two.
    package func action(_ templates: [PolicyTemplate]) -> SecurityPolicy.Action? {
        switch action {
        case XFRMValue.block: .discard
        case XFRMValue.allow: templates.isEmpty ? .bypass : .protect(templates)
        default: nil
        }
    }
}

/// The attributes of a policy.
struct PolicyAttributes {
    var templates: [TemplateRecord] = []
    var table = SPDTable.main
    var mark: Mark?
    var interfaceID: UInt32 = 0
    var offload: HardwareOffload?
    var securityContext: SecurityContext?
    /// The templates as they came, where one of them has no typed form; and what has no meaning to us.
    var foreign: [ForeignAttribute] = []

    /// The typed form of the templates; empty when one of them has none.
    var typedTemplates: [PolicyTemplate] {
        let typed = templates.compactMap(\.template)
        return typed.count == templates.count ? typed : []
    }

    init(_ payload: Span<UInt8>) throws(WireError) {
        try payload.forEachNetlinkAttribute { type, value throws(WireError) in
            let isTaken = try take(type, value)
            guard !isTaken else { return }
            foreign.append(ForeignAttribute(number: type, octets: value.array))
        }
    }

    private mutating func take(_ type: UInt16, _ payload: Span<UInt8>) throws(WireError) -> Bool {
        var value = payload
        switch type {
        case XFRMAttribute.templates:
            while !value.isEmpty { templates.append(try TemplateRecord(&value)) }
            return typedTemplates.count == templates.count
        case XFRMAttribute.policyType:
            guard let known = SPDTable(rawValue: try value.takeUInt8()) else { return false }
            table = known
        case XFRMAttribute.mark: mark = try value.takeKernelMark()
        case XFRMAttribute.interfaceID: interfaceID = try value.takeHostUInt32()
        case XFRMAttribute.offload: offload = try value.takeKernelOffload()
        case XFRMAttribute.securityContext: securityContext = try value.takeKernelLabel()
        case XFRMAttribute.padding: break
        default: return false
        }
        return true
    }
}

/// A template as the kernel tells it: xfrm_user_tmpl.
package struct TemplateRecord {
    package var destination: KernelAddress
    package var spi: SPI
    package var protocolNumber: UInt8
    package var family: UInt16
    package var source: KernelAddress
    package var requestID: UInt32
    package var modeNumber: UInt8
    package var isOptional: Bool
    package var algorithms = PolicyTemplate.AlgorithmMasks()

    package init(_ payload: inout Span<UInt8>) throws(WireError) {
        destination = try payload.takeKernelAddress()
        spi = SPI(try payload.takeUInt32())
        protocolNumber = try payload.takeUInt8()
        try payload.skip(3)
        family = try payload.takeHostUInt16()
        try payload.skip(2)
        source = try payload.takeKernelAddress()
        requestID = try payload.takeHostUInt32()
        modeNumber = try payload.takeUInt8()
        try payload.skip(1)
        isOptional = try payload.takeUInt8() != 0
        try payload.skip(1)
        algorithms.integrity = try payload.takeHostUInt32()
        algorithms.encryption = try payload.takeHostUInt32()
        algorithms.compression = try payload.takeHostUInt32()
    }

    /// Our form; nil for another protocol, mode or family than ours.
    package var template: PolicyTemplate? {
        guard let kind = SecurityProtocol(rawValue: protocolNumber),
            let mode = EncapsulationMode(kernelNumber: modeNumber),
            let family = AddressFamily(kernelNumber: family)
        else { return nil }
        let hasAddresses = mode != .transport
        var template = PolicyTemplate(
            protocol: kind, mode: mode, tunnelSource: hasAddresses ? source.address(family) : nil,
            tunnelDestination: hasAddresses ? destination.address(family) : nil,
            level: isOptional ? .use : requestID == 0 ? .require : .unique(requestID: requestID))
        template.spi = spi
        template.algorithms = algorithms
        if isOptional { template.optionalRequestID = requestID }
        return template
    }
}

extension SPDRecord {
    /// Reads a policy from a NEWPOLICY message's payload; nil for one whose selector has no family, as nobody's has.
    init?(kernel payload: Span<UInt8>) throws(WireError) {
        var rest = payload
        let record = try PolicyRecord(&rest)
        self.init(record, try PolicyAttributes(rest), structure: payload.extracting(first: KernelSize.policy))
    }

    /// - Parameter structure: `record` as the kernel wrote it, kept where our form cannot say all of it.
    init?(_ record: PolicyRecord, _ attributes: PolicyAttributes, structure: Span<UInt8>) {
        // A socket's policy may be for everything, with no family of its own.
        guard let selector = record.selector.selector ?? record.selector.everything else { return nil }
        let direction = record.direction
        let action = record.action(attributes.typedTemplates)
        var entry = SPDEntry(
            SecurityPolicy(
                selector: selector, direction: direction ?? .outbound, action: action ?? .discard,
                priority: record.priority))
        entry.interface = record.selector.interface
        entry.table = attributes.table
        entry.mark = attributes.mark
        entry.interfaceID = attributes.interfaceID
        entry.lifetime = record.limits.lifetime
        entry.flags = Set(bits: record.flags)
        entry.offload = attributes.offload
        entry.securityContext = attributes.securityContext
        entry.foreign = attributes.foreign
        if direction == nil || action == nil {
            entry.foreign.append(ForeignAttribute(number: XFRMAttribute.policy, octets: structure.array))
        }
        self.init(entry, index: record.index)
        usage = record.usage
    }

    /// The policy as a negotiation means it; nil where something narrows it in a way that form cannot say.
    var policy: SecurityPolicy? {
        let policy = entry.policy
        guard !isPerSocket, entry.table == .main, entry.mark == nil, entry.interfaceID == 0,
            entry.interface == 0, entry.foreign.isEmpty, policy.selector.sourcePortMask == nil,
            policy.selector.destinationPortMask == nil, policy.templates.allSatisfy({ $0.spi.value == 0 })
        else { return nil }
        return policy
    }
}

extension KernelSelector {
    /// All of IPv4, for a selector that picks all packets and names no family.
    fileprivate var everything: Selector? {
        selectsAll && family == 0 ? Selector(source: .any(.ipv4), destination: .any(.ipv4)) : nil
    }
}
