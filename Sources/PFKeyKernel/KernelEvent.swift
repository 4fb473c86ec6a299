import IPsec
package import Netlink
package import PFKey
import Wire
import XFRM

/// A report of the kernel, as PF_KEY tells it.
package struct KernelEvent {
    let header: NetlinkHeader

    package init(header: NetlinkHeader) {
        self.header = header
    }

    /// The message and who gets it; nil for what PF_KEY does not tell.
    ///
    /// - Parameter algorithms: those that an acquire of the policy with a number may propose.
    /// - Throws: for what ends early, or PF_KEY has no form for.
    package func notice(
        _ payload: Span<UInt8>, _ memory: inout AssociationMemory,
        _ algorithms: (UInt32) -> SADBAlgorithms
    ) throws -> PFKeyNotice? {
        switch header.type {
        case XFRMMessage.newState: try added(payload, &memory)
        case XFRMMessage.updateState: try updated(payload, &memory)
        case XFRMMessage.deleteState: try deleted(payload, &memory)
        case XFRMMessage.flushStates: try flushed(payload, &memory)
        case XFRMMessage.expire: try expired(payload, &memory)
        case XFRMMessage.newPolicy: try policy(.policyAdd, try KernelPolicy(payload))
        case XFRMMessage.updatePolicy: try policy(.policyUpdate, try KernelPolicy(payload))
        case XFRMMessage.deletePolicy: try deletedPolicy(payload)
        case XFRMMessage.flushPolicies: try flushedPolicies(payload)
        case XFRMMessage.acquire:
            try AcquireEvent(payload).map { toListeners($0.message(algorithms($0.policy.index))) }
        case XFRMMessage.mapping: try mapping(payload, memory)
        case XFRMMessage.migrate: try migrated(payload, &memory)
        default: nil
        }
    }

    /// The header of a message that tells what somebody asked for.
    private func told(_ type: SADBMessageType, _ satype: SADBSatype = .unspecified) -> SADBHeader {
        SADBHeader(type, satype, sequence: header.sequence, process: header.port)
    }

    private func toListeners(_ message: SADBMessage) -> PFKeyNotice {
        PFKeyNotice(message, to: .registered(and: nil))
    }
}

/// SAs.
extension KernelEvent {
    private func added(_ payload: Span<UInt8>, _ memory: inout AssociationMemory) throws -> PFKeyNotice? {
        guard let association = try KernelAssociation(payload) else { return nil }
        memory.note(association)
        return try whole(.add, association, association.isKeyed ? SADBState.mature : SADBState.larval)
    }

    /// What tells of a change of a mature SA is a copy that lives no more.
    private func updated(_ payload: Span<UInt8>, _ memory: inout AssociationMemory) throws -> PFKeyNotice? {
        guard let association = try KernelAssociation(payload) else { return nil }
        let wasMature = memory[association.key] != nil
        memory.forget(association.key)
        memory.note(association)
        return try whole(.update, association, wasMature ? SADBState.dead : SADBState.mature)
    }

    /// xfrm_usersa_id, then the SA as an attribute among the others.
    private func deleted(_ payload: Span<UInt8>, _ memory: inout AssociationMemory) throws -> PFKeyNotice? {
        var rest = payload
        try rest.skip(KernelSize.stateID)
        guard let range = try rest.rangeOfNetlinkAttribute(XFRMAttribute.state) else { return nil }
        var structure = rest.extracting(range)
        let record = try StateRecord(&structure)
        guard let association = try KernelAssociation(record, attributes: rest) else { return nil }
        memory.forget(association.key)
        return try whole(.delete, association, SADBState.dead)
    }

    private func whole(
        _ type: SADBMessageType, _ association: KernelAssociation, _ state: UInt8
    ) throws -> PFKeyNotice {
        PFKeyNotice(SADBMessage(told(type, association.satype), try association.whole(state)), to: .all)
    }

    private func flushed(_ payload: Span<UInt8>, _ memory: inout AssociationMemory) throws -> PFKeyNotice {
        var rest = payload
        let number = try rest.takeUInt8()
        memory.forgetAll(number)
        return PFKeyNotice(SADBMessage(told(.flush, SADBSatype(protocolNumber: number))), to: .all)
    }

    /// xfrm_user_expire: the SA without its algorithms, whether it is gone, and a few attributes.
    private func expired(_ payload: Span<UInt8>, _ memory: inout AssociationMemory) throws -> PFKeyNotice? {
        var rest = payload
        let record = try StateRecord(&rest)
        let isHard = try rest.takeUInt8() != 0
        try rest.skip(7)
        guard let association = try KernelAssociation(record, attributes: rest) else { return nil }
        let remembered = memory[association.key]
        if isHard { memory.forget(association.key) } else { memory.noteDying(association.key) }
        let extensions = try association.expiry(
            isHard: isHard, remembered, state: isHard ? SADBState.dead : SADBState.dying)
        return toListeners(SADBMessage(SADBHeader(.expire, association.satype), extensions))
    }

    /// xfrm_user_mapping; what it tells is of ESP alone.
    private func mapping(_ payload: Span<UInt8>, _ memory: AssociationMemory) throws -> PFKeyNotice? {
        var rest = payload
        let destination = try rest.takeKernelAddress()
        let spi = try rest.takeUInt32()
        let family = AddressFamily(kernelNumber: try rest.takeHostUInt16())
        let protocolNumber = try rest.takeUInt8()
        try rest.skip(1 + 4)
        let (old, new) = (try rest.takeKernelAddress(), try rest.takeKernelAddress())
        let (oldPort, newPort) = (try rest.takeUInt16(), try rest.takeUInt16())
        guard let family, protocolNumber == SecurityProtocol.esp.rawValue else { return nil }
        let key = KernelAssociationKey(destination: destination, spi: spi, protocolNumber: protocolNumber)
        return toListeners(
            SADBMessage(
                SADBHeader(.mappingChanged, .esp, sequence: memory[key]?.sequence ?? 0),
                [
                    .association(SADBAssociation(spi: spi)),
                    .address(.source, SADBAddress(host: old.address(family))),
                    .natTraversalPort(.source, oldPort),
                    .address(.destination, SADBAddress(host: new.address(family))),
                    .natTraversalPort(.destination, newPort),
                ]))
    }
}

/// Policies.
extension KernelEvent {
    private func policy(_ type: SADBMessageType, _ policy: KernelPolicy?) throws -> PFKeyNotice? {
        guard let policy, policy.isMain else { return nil }
        return PFKeyNotice(SADBMessage(told(type).ofPolicy, try policy.whole()), to: .all)
    }

    /// xfrm_userpolicy_id, whose index is there if that named the policy; then the policy as an attribute.
    private func deletedPolicy(_ payload: Span<UInt8>) throws -> PFKeyNotice? {
        var rest = payload
        try rest.skip(KernelSize.selector)
        let isByIndex = try rest.takeHostUInt32() != 0
        try rest.skip(4)
        guard let range = try rest.rangeOfNetlinkAttribute(XFRMAttribute.policy) else { return nil }
        var structure = rest.extracting(range)
        let record = try PolicyRecord(&structure)
        return try policy(
            isByIndex ? .policyDeleteByIndex : .policyDelete, try KernelPolicy(record, attributes: rest))
    }

    private func flushedPolicies(_ payload: Span<UInt8>) throws -> PFKeyNotice? {
        var isMain = true
        try payload.forEachNetlinkAttribute { type, value throws(WireError) in
            var value = value
            if type == XFRMAttribute.policyType { isMain = try value.takeUInt8() == SPDTable.main.rawValue }
        }
        return isMain ? PFKeyNotice(SADBMessage(told(.policyFlush)), to: .all) : nil
    }

    /// The SAs at their new addresses are not reported one by one.
    private func migrated(_ payload: Span<UInt8>, _ memory: inout AssociationMemory) throws -> PFKeyNotice? {
        memory.isStale = true
        return try MigrationEvent(payload).map { PFKeyNotice($0.message, to: .all) }
    }
}

/// xfrm_user_acquire: the SA's ends, the packet, the policy it met, and that policy's templates.
struct AcquireEvent {
    private let source: IPAddress
    private let destination: IPAddress
    private let protocolNumber: UInt8
    let policy: PolicyRecord
    private let offered: (integrity: UInt32, encryption: UInt32)
    private let sequence: UInt32
    private let label: SADBSecurityContext?

    /// nil for a family that PF_KEY has no form for.
    init?(_ payload: Span<UInt8>) throws(WireError) {
        var rest = payload
        let to = try rest.takeKernelAddress()
        try rest.skip(4)
        protocolNumber = try rest.takeUInt8()
        try rest.skip(3)
        let from = try rest.takeKernelAddress()
        let packet = try rest.takeKernelSelector()
        policy = try PolicyRecord(&rest)
        offered = (try rest.takeHostUInt32(), try rest.takeHostUInt32())
        try rest.skip(4)
        sequence = try rest.takeHostUInt32()
        var templates: [TemplateRecord] = []
        var told: SADBSecurityContext?
        try rest.forEachNetlinkAttribute { type, value throws(WireError) in
            var value = value
            if type == XFRMAttribute.templates {
                while !value.isEmpty { templates.append(try TemplateRecord(&value)) }
            }
            if type == XFRMAttribute.securityContext { told = try SADBSecurityContext(kernel: &value) }
        }
        label = told
        // The SA's ends carry no family of their own: it is the template's, else the packet's.
        let number = protocolNumber
        let fitting = templates.filter { $0.protocolNumber == number }
        let template = fitting.first { $0.destination == to && $0.source == from } ?? fitting.first
        guard let family = AddressFamily(kernelNumber: template?.family ?? packet.family) else { return nil }
        (source, destination) = (from.address(family), to.address(family))
    }

    /// The flow that asks is not told, only the ends of the SA and the policy's number.
    func message(_ algorithms: SADBAlgorithms) -> SADBMessage {
        let satype = SADBSatype(protocolNumber: protocolNumber)
        var extensions: [SADBExtension] = [
            .address(.source, SADBAddress(host: source)),
            .address(.destination, SADBAddress(host: destination)),
            .policy(SADBPolicy(type: 2, direction: 2, index: policy.index, priority: policy.priority)),
        ]
        if satype == .ah || satype == .esp {
            let combinations = allowed(algorithms).combinations(isAH: satype == .ah)
            extensions.append(.proposal(SADBProposal(combinations: combinations)))
        }
        if let label { extensions.append(.securityContext(label)) }
        return SADBMessage(SADBHeader(.acquire, satype, sequence: sequence), extensions)
    }

    /// A template's masks have no place for numbers above 31, and so none of those is offered.
    private func allowed(_ algorithms: SADBAlgorithms) -> SADBAlgorithms {
        func isIn(_ mask: UInt32, _ number: UInt8) -> Bool { number < 32 && mask >> UInt32(number) & 1 == 1 }
        return SADBAlgorithms(
            authentication: algorithms.authentication.filter { isIn(offered.integrity, $0.number) },
            encryption: algorithms.encryption.filter { isIn(offered.encryption, $0.number) })
    }
}
