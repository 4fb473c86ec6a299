import IPsec
import Netlink

/// SAD entries to xfrm_usersa_info and its attributes, and the requests that concern SAs.
enum StateMessages {
    /// NEWSA.
    static func add(_ entry: SADEntry, traits: KernelTraits) throws(DatabaseFailure) -> NetlinkRequest {
        try message(XFRMMessage.newState, entry, traits)
    }

    /// UPDSA: makes a larval SA mature; of a mature one it changes lifetime, encapsulation, output mark and
    /// interface, nothing else.
    static func update(_ entry: SADEntry, traits: KernelTraits) throws(DatabaseFailure) -> NetlinkRequest {
        try message(XFRMMessage.updateState, entry, traits)
    }

    /// DELSA.
    static func delete(_ key: SADKey) -> NetlinkRequest { lookUp(XFRMMessage.deleteState, key) }

    /// GETSA.
    static func get(_ key: SADKey) -> NetlinkRequest { lookUp(XFRMMessage.getState, key) }

    private static func lookUp(_ type: UInt16, _ key: SADKey) -> NetlinkRequest {
        var request = NetlinkRequest(type: type)
        request.put(key.id)
        request.put(key.mark)
        return request
    }

    /// GETSA for all, or for those of one protocol.
    static func list(_ protocol: SecurityProtocol?) -> NetlinkRequest {
        var request = NetlinkRequest(dump: XFRMMessage.getState)
        if let `protocol` {
            request.putAttribute(XFRMAttribute.protocolFilter) { $0.put(`protocol`.rawValue) }
        }
        return request
    }

    /// FLUSHSA: all SAs of IPsec, or those of one protocol; Mobile IPv6's stay.
    static func flush(_ protocol: SecurityProtocol?) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.flushStates)
        request.put(`protocol`?.rawValue ?? XFRMValue.anyIPsecProtocol)
        return request
    }

    /// ALLOCSPI: a larval SA with an SPI of the range, or an ACQUIRE's larval SA with one.
    static func allocateSPI(
        _ entry: SADEntry, _ range: ClosedRange<UInt32>, traits: KernelTraits
    ) throws(DatabaseFailure) -> NetlinkRequest {
        try check(entry)
        var request = NetlinkRequest(type: XFRMMessage.allocateSPI, capacity: 512)
        request.put(entry)
        request.put(range.lowerBound)
        request.put(range.upperBound)
        request.put(entry.options.mark)
        putIdentity(entry.options, traits, into: &request)
        return request
    }

    private static func message(
        _ type: UInt16, _ entry: SADEntry, _ traits: KernelTraits
    ) throws(DatabaseFailure) -> NetlinkRequest {
        try check(entry)
        var request = NetlinkRequest(type: type, capacity: 1024)
        request.put(entry)
        try AlgorithmAttributes.put(entry.transform, into: &request)
        put(entry.encapsulation, into: &request)
        request.put(entry.replay)
        if let usage = entry.initialUsage { request.put(usage) }
        putTraffic(entry.options, into: &request)
        putIdentity(entry.options, traits, into: &request)
        putReporting(entry.options, into: &request)
        put(entry.options.aggregation, into: &request)
        request.put(entry.options.foreign)
        return request
    }

    private static func check(_ entry: SADEntry) throws(DatabaseFailure) {
        guard entry.source.family == entry.id.destination.family else {
            throw DatabaseFailure(
                .other,
                "\(entry.id) comes from \(entry.source), an address of the other family; "
                    + "both ends need the same")
        }
        guard entry.replay.window <= XFRMValue.replayWindowLimit else {
            throw DatabaseFailure(
                .unsupported,
                "\(entry.id) wants a replay window of \(entry.replay.window) packets; "
                    + "the kernel takes \(XFRMValue.replayWindowLimit) at most")
        }
        if let selector = entry.selector, selector.source.family != selector.destination.family {
            throw DatabaseFailure(.other, "the selector \(selector) of \(entry.id) mixes IPv4 and IPv6")
        }
        try check(entry.options.foreign, and: entry.options.securityContext, of: "\(entry.id)")
    }

    /// Refuses what is too long for an attribute, and raw copies of what has a typed form.
    static func check(
        _ foreign: [ForeignAttribute], and label: SecurityContext?, of subject: String
    ) throws(DatabaseFailure) {
        for one in foreign where one.octets.count > XFRMValue.attributeLimit || one.isCopy {
            throw DatabaseFailure(
                .unsupported,
                "attribute \(one.number) of \(subject) cannot be written: "
                    + "the kernel has it in a form that we know no meaning of")
        }
        if let label, label.text.utf8.count > XFRMValue.attributeLimit / 2 {
            throw DatabaseFailure(.other, "the security label of \(subject) is too long")
        }
    }

    /// xfrm_encap_tmpl; the ports are as on the wire.
    private static func put(
        _ encapsulation: SADEntry.Encapsulation?, into request: inout NetlinkRequest
    ) {
        guard let encapsulation else { return }
        request.putAttribute(XFRMAttribute.encapsulation) { $0.put(encapsulation) }
    }

    /// What becomes of packets.
    private static func putTraffic(_ options: SAOptions, into request: inout NetlinkRequest) {
        request.put(options.mark)
        if options.trafficFlowPadding != 0 {
            request.putAttribute(XFRMAttribute.trafficFlowPadding, options.trafficFlowPadding)
        }
        let extra = options.flags.extraBits
        if extra != 0 { request.putAttribute(XFRMAttribute.extraFlags, extra) }
        request.putAttribute(XFRMAttribute.outputMark, options.outputMark?.value)
        request.putAttribute(XFRMAttribute.outputMarkMask, options.outputMark?.mask)
        request.put(options.offload)
        request.put(options.securityContext)
        if let address = options.careOfAddress {
            request.putAttribute(XFRMAttribute.careOfAddress) { $0.put(address) }
        }
    }

    /// Which of a host's places the SA belongs to.
    private static func putIdentity(
        _ options: SAOptions, _ traits: KernelTraits, into request: inout NetlinkRequest
    ) {
        if options.interfaceID != 0 {
            request.putAttribute(XFRMAttribute.interfaceID, options.interfaceID)
        }
        if traits.knowsDirection, let direction = options.direction {
            request.putAttribute(XFRMAttribute.direction) { $0.put(direction.kernelNumber) }
        }
        request.putAttribute(XFRMAttribute.processor, options.processor)
    }

    /// When the kernel speaks by itself.
    private static func putReporting(_ options: SAOptions, into request: inout NetlinkRequest) {
        request.putAttribute(XFRMAttribute.replayThreshold, options.replayThreshold)
        request.putAttribute(XFRMAttribute.timerThreshold, options.timerThreshold)
        if options.mappingThreshold != 0 {
            request.putAttribute(XFRMAttribute.mappingThreshold, options.mappingThreshold)
        }
        if options.keepaliveInterval != 0 {
            request.putAttribute(XFRMAttribute.keepaliveInterval, options.keepaliveInterval)
        }
    }

    private static func put(_ aggregation: Aggregation?, into request: inout NetlinkRequest) {
        guard let aggregation else { return }
        request.putAttribute(XFRMAttribute.aggregationDropTime, aggregation.dropTime)
        if let window = aggregation.reorderWindow {
            request.putAttribute(XFRMAttribute.aggregationReorderWindow) { $0.put(window) }
        }
        if aggregation.neverFragments {
            request.putAttribute(XFRMAttribute.aggregationNeverFragments) { _ in }
        }
        request.putAttribute(XFRMAttribute.aggregationInitialDelay, aggregation.initialDelay)
        request.putAttribute(XFRMAttribute.aggregationMaximumQueue, aggregation.maximumQueue)
        request.putAttribute(XFRMAttribute.aggregationPacketSize, aggregation.packetSize)
    }
}

extension ForeignAttribute {
    /// Whether it is a structure that is kept beside its typed form, because that cannot say all of it.
    var isCopy: Bool {
        [XFRMAttribute.state, XFRMAttribute.policy, XFRMAttribute.templates].contains(number)
    }
}

extension NetlinkRequest {
    /// Appends xfrm_usersa_info.
    mutating func put(_ entry: SADEntry) {
        put(entry.selector, interface: entry.options.interface)
        putID(entry.id.destination, spi: entry.id.spi, protocol: entry.id.protocol)
        put(entry.source)
        put(entry.lifetime)
        putZeros(12)
        put(entry.acquireSequence)
        put(entry.requestID)
        put(entry.id.destination.family.kernelNumber)
        put(entry.mode?.kernelNumber ?? EncapsulationMode.transport.kernelNumber)
        put(entry.replay.isWide ? 0 : UInt8(clamping: entry.replay.window))
        put(entry.kernelFlags)
        putZeros(7)
    }

    /// Appends xfrm_encap_tmpl.
    mutating func put(_ encapsulation: SADEntry.Encapsulation) {
        put(encapsulation.kind.kernelNumber)
        putNetworkOrder(encapsulation.ports.sourcePort)
        putNetworkOrder(encapsulation.ports.destinationPort)
        putZeros(2)
        put(encapsulation.originalAddress)
    }

    /// Appends xfrm_lifetime_cur as an attribute.
    mutating func put(_ usage: EntryUsage) {
        putAttribute(XFRMAttribute.usage) { attribute in
            attribute.put(usage.traffic.bytes)
            attribute.put(usage.traffic.packets)
            attribute.put(usage.added)
            attribute.put(usage.firstUsed)
        }
    }
}

extension SADEntry {
    /// The flags that are given, and those that follow from the rest.
    fileprivate var kernelFlags: UInt8 {
        var flags = options.flags
        // The kernel's own selector of everything has no family; the flag says that it means both.
        if selector == nil, let mode, mode != .transport { flags.insert(.anyFamily) }
        // Without it the kernel pads AH over IPv4 as if it were over IPv6, which no other system does.
        if case .ah = transform, id.destination.family == .ipv4 { flags.insert(.align4) }
        let extended = replay.usesExtendedSequenceNumbers ? XFRMStateFlag.extendedSequenceNumbers : 0
        return flags.plainBits | extended
    }
}
