import IPsec
import Netlink
import PFKey
import Wire
import XFRM

/// A policy as the kernel told it, as far as PF_KEY shows it.
struct KernelPolicy {
    let record: PolicyRecord
    private let family: AddressFamily
    private var templates: [TemplateRecord] = []
    private var label: SADBSecurityContext?
    /// Whether it is in the main table, the only one that PF_KEY knows.
    private(set) var isMain = true

    /// Reads NEWPOLICY's payload; nil for a family that PF_KEY has no form for.
    init?(_ payload: Span<UInt8>) throws(WireError) {
        var rest = payload
        let record = try PolicyRecord(&rest)
        try self.init(record, attributes: rest)
    }

    init?(_ record: PolicyRecord, attributes: Span<UInt8>) throws(WireError) {
        // The policy of a socket for everything names no family; Linux shows it as one of IPv4.
        guard
            let family = AddressFamily(kernelNumber: record.selector.family == 0 ? 2 : record.selector.family)
        else { return nil }
        self.record = record
        self.family = family
        try attributes.forEachNetlinkAttribute { type, value throws(WireError) in try take(type, value) }
    }

    private mutating func take(_ type: UInt16, _ value: Span<UInt8>) throws(WireError) {
        var value = value
        switch type {
        case XFRMAttribute.templates: while !value.isEmpty { templates.append(try TemplateRecord(&value)) }
        case XFRMAttribute.policyType: isMain = try value.takeUInt8() == SPDTable.main.rawValue
        case XFRMAttribute.securityContext: label = try SADBSecurityContext(kernel: &value)
        default: break
        }
    }

    var requestIDs: [UInt32] { templates.map(\.requestID) }

    /// The extensions by which PF_KEY shows a policy.
    ///
    /// - Throws: for a mode that PF_KEY has no number for.
    func whole() throws(SADBError) -> [SADBExtension] {
        let selector = record.selector
        var extensions = [
            address(.source, selector.source, selector.sourceLength, selector.sourcePort),
            address(.destination, selector.destination, selector.destinationLength, selector.destinationPort),
            .lifetime(.hard, SADBLifetime(hardOf: record.limits)),
            .lifetime(.soft, SADBLifetime(softOf: record.limits)),
            .lifetime(.current, SADBLifetime(record.usage)), .policy(try policy()),
        ]
        if let label { extensions.append(.securityContext(label)) }
        return extensions
    }

    private func address(
        _ role: SADBAddress.Role, _ address: KernelAddress, _ length: UInt8, _ port: UInt16
    ) -> SADBExtension {
        .address(
            role,
            SADBAddress(
                upperProtocol: KernelSelector.number(pfkeyOf: record.selector.upperProtocol),
                prefixLength: length, endpoint: SADBSocketAddress(address.address(family), port: port)))
    }

    private func policy() throws(SADBError) -> SADBPolicy {
        var requests: [SADBPolicy.Request] = []
        for template in templates { requests.append(try Self.request(template)) }
        let kind: UInt16 = record.action != XFRMValue.allow ? 0 : templates.isEmpty ? 1 : 2
        return SADBPolicy(
            type: kind, direction: record.directionNumber &+ 1, index: record.index,
            priority: record.priority,
            requests: requests)
    }

    /// Ends are told of tunnels alone.
    private static func request(_ template: TemplateRecord) throws(SADBError) -> SADBPolicy.Request {
        guard let mode = KernelMode.number(kernel: template.modeNumber) else {
            throw .refusal(.invalid, "PF_KEY has no number for the kernel's mode \(template.modeNumber).")
        }
        let level: UInt8 = template.isOptional ? 1 : template.requestID != 0 ? 3 : 2
        let family = AddressFamily(kernelNumber: template.family)
        let tunnel = family.flatMap { family in
            template.modeNumber == KernelMode.tunnel
                ? SADBAddressPair(
                    source: SADBSocketAddress(template.source.address(family)),
                    destination: SADBSocketAddress(template.destination.address(family))) : nil
        }
        return SADBPolicy.Request(
            protocol: UInt16(template.protocolNumber), mode: mode, level: level,
            requestID: template.requestID, tunnel: tunnel)
    }
}
