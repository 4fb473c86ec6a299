package import IPsec
import Netlink
package import Wire

/// The kernel's events, typed.
package enum DatabaseEvents {
    /// Reads an event.
    ///
    /// - Parameter type: the message's type.
    /// - Parameter payload: what follows the netlink header.
    package static func decode(_ type: UInt16, _ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent {
        if let event = try states(type, payload) { return event }
        if let event = try policies(type, payload) { return event }
        return try others(type, payload)
    }

    private static func states(_ type: UInt16, _ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent? {
        switch type {
        case XFRMMessage.newState: try SADRecord(kernel: payload).map { .added($0) } ?? hidden
        case XFRMMessage.updateState: try SADRecord(kernel: payload).map { .updated($0) } ?? hidden
        case XFRMMessage.deleteState: try deletedState(payload)
        case XFRMMessage.expire: try expiry(payload)
        case XFRMMessage.flushStates: try flushedStates(payload)
        case XFRMMessage.mapping: try mapping(payload)
        default: nil
        }
    }

    private static func policies(_ type: UInt16, _ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent? {
        switch type {
        case XFRMMessage.newPolicy: try SPDRecord(kernel: payload).map { .addedPolicy($0) }
        case XFRMMessage.updatePolicy: try SPDRecord(kernel: payload).map { .updatedPolicy($0) }
        case XFRMMessage.deletePolicy: try deletedPolicy(payload)
        case XFRMMessage.policyExpire: try policyExpiry(payload)
        case XFRMMessage.flushPolicies: .flushedSPD
        case XFRMMessage.acquire: try acquire(payload)
        default: nil
        }
    }

    private static func others(_ type: UInt16, _ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent {
        switch type {
        case XFRMMessage.newReplayPosition:
            if let report = try ReplayReport(kernel: payload) { return .other("\(report)") }
        case XFRMMessage.migrate:
            if let migration = try Migration(kernel: payload) { return .other("\(migration)") }
        case XFRMMessage.getDefaultPolicy, XFRMMessage.setDefaultPolicy:
            return .other("default policies: \(try TableMessages.defaultPolicies(payload))")
        case XFRMMessage.newStateCount:
            return .other("the SAD's size: \(try TableMessages.sadSize(payload))")
        case XFRMMessage.newPolicyCount:
            return .other("the SPD's size: \(try TableMessages.spdSize(payload))")
        case XFRMMessage.acquire:
            return .other("an acquire by a policy with a mark or an interface")
        default: break
        }
        return .other("message 0x\(String(type, radix: 16)) of \(payload.count) octets")
    }

    private static var hidden: DatabaseEvent { .other("an SA that is neither ESP, AH nor IPComp changed") }

    /// xfrm_usersa_id, then the SA as an attribute among the others.
    private static func deletedState(_ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent {
        var rest = payload
        try rest.skip(KernelSize.stateID)
        guard let range = try rest.rangeOfNetlinkAttribute(XFRMAttribute.state) else { return hidden }
        let whole = rest.extracting(range)
        var structure = whole
        let record = try StateRecord(&structure)
        var attributes = try StateAttributes(rest, of: record)
        attributes.options.foreign.removeAll { $0.number == XFRMAttribute.state }
        guard
            var found = SADRecord(record, attributes, structure: whole.extracting(first: KernelSize.state))
        else { return hidden }
        found.state = .dead
        return .deleted(found)
    }

    /// xfrm_user_expire: the SA, whether it is gone, and a few attributes.
    private static func expiry(_ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent {
        var rest = payload
        let record = try StateRecord(&rest)
        let isHard = try rest.takeUInt8() != 0
        try rest.skip(7)
        let attributes = try StateAttributes(rest, of: record)
        guard
            var found = SADRecord(record, attributes, structure: payload.extracting(first: KernelSize.state))
        else { return hidden }
        found.state = isHard ? .dead : .dying
        return .expired(found, isHard: isHard)
    }

    private static func flushedStates(_ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent {
        var rest = payload
        return .flushedSAD(SecurityProtocol(rawValue: try rest.takeUInt8()))
    }

    /// xfrm_user_mapping.
    private static func mapping(_ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent {
        var rest = payload
        let destination = try rest.takeKernelAddress()
        let spi = SPI(try rest.takeUInt32())
        let family = AddressFamily(kernelNumber: try rest.takeHostUInt16())
        let kind = SecurityProtocol(rawValue: try rest.takeUInt8())
        try rest.skip(1 + 4)
        let (old, new) = (try rest.takeKernelAddress(), try rest.takeKernelAddress())
        let (oldPort, newPort) = (try rest.takeUInt16(), try rest.takeUInt16())
        guard let family, let kind else { return hidden }
        let id = SecurityAssociationID(destination: destination.address(family), protocol: kind, spi: spi)
        return .mappingChanged(
            SADKey(id), old: Endpoint(old.address(family), port: oldPort),
            new: Endpoint(new.address(family), port: newPort))
    }

    /// xfrm_userpolicy_id, then the policy as an attribute among the others.
    private static func deletedPolicy(_ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent? {
        var rest = payload
        try rest.skip(KernelSize.policyID)
        guard let range = try rest.rangeOfNetlinkAttribute(XFRMAttribute.policy) else { return nil }
        let whole = rest.extracting(range)
        var structure = whole
        let record = try PolicyRecord(&structure)
        var attributes = try PolicyAttributes(rest)
        attributes.foreign.removeAll { $0.number == XFRMAttribute.policy }
        return SPDRecord(record, attributes, structure: whole.extracting(first: KernelSize.policy))
            .map { .deletedPolicy($0) }
    }

    /// xfrm_user_polexpire.
    private static func policyExpiry(_ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent? {
        var rest = payload
        let record = try PolicyRecord(&rest)
        let isHard = try rest.takeUInt8() != 0
        try rest.skip(7)
        return SPDRecord(
            record, try PolicyAttributes(rest), structure: payload.extracting(first: KernelSize.policy)
        ).map { .expiredPolicy($0, isHard: isHard) }
    }

    /// xfrm_user_acquire: the SA's ends, the packet, the policy it met, and that policy's templates.
    private static func acquire(_ payload: Span<UInt8>) throws(WireError) -> DatabaseEvent? {
        var rest = payload
        let destination = try rest.takeKernelAddress()
        try rest.skip(4)
        let protocolNumber = try rest.takeUInt8()
        try rest.skip(3)
        let source = try rest.takeKernelAddress()
        let packet = try rest.takeKernelSelector()
        let structure = rest
        let record = try PolicyRecord(&rest)
        try rest.skip(12)
        let sequence = try rest.takeHostUInt32()
        let attributes = try PolicyAttributes(rest)
        let met = SPDRecord(record, attributes, structure: structure.extracting(first: KernelSize.policy))
        guard let selector = packet.selector, let policy = met?.policy else { return nil }
        // The SA's ends carry no family of their own: it is the template's, else the packet's.
        let template = attributes.templates.first { $0.protocolNumber == protocolNumber }
        let family = template.flatMap { AddressFamily(kernelNumber: $0.family) } ?? selector.family
        return .acquire(
            Acquire(
                sequence: sequence, packet: selector, policy: policy, local: source.address(family),
                remote: destination.address(family)))
    }
}

extension Span where Element == UInt8 {
    /// Where the payload of the first attribute of a type is.
    package func rangeOfNetlinkAttribute(_ wanted: UInt16) throws(WireError) -> Range<Int>? {
        var range: Range<Int>?
        var position = 0
        try forEachNetlinkAttribute { type, value throws(WireError) in
            if type == wanted, range == nil { range = position + 4..<position + 4 + value.count }
            position += 4 + (value.count + 3) & ~3
        }
        return range
    }
}
