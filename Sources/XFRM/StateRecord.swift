import Algorithms
package import IPsec
import Netlink
package import Wire

/// An SA as the kernel tells it: xfrm_usersa_info.
package struct StateRecord {
    package var selector: KernelSelector
    package var destination: KernelAddress
    package var spi: SPI
    package var protocolNumber: UInt8
    package var source: KernelAddress
    package var limits: KernelLimits
    package var usage: EntryUsage
    package var late: UInt32
    package var replayed: UInt32
    package var integrityFailures: UInt32
    package var acquireSequence: UInt32
    package var requestID: UInt32
    package var family: UInt16
    package var modeNumber: UInt8
    package var plainReplayWindow: UInt8
    package var flags: UInt8

    /// Reads the structure, leaving the attributes.
    package init(_ payload: inout Span<UInt8>) throws(WireError) {
        selector = try payload.takeKernelSelector()
        destination = try payload.takeKernelAddress()
        spi = SPI(try payload.takeUInt32())
        protocolNumber = try payload.takeUInt8()
        try payload.skip(3)
        source = try payload.takeKernelAddress()
        limits = try payload.takeKernelLimits()
        usage = try payload.takeKernelUsage()
        late = try payload.takeHostUInt32()
        replayed = try payload.takeHostUInt32()
        integrityFailures = try payload.takeHostUInt32()
        acquireSequence = try payload.takeHostUInt32()
        requestID = try payload.takeHostUInt32()
        family = try payload.takeHostUInt16()
        modeNumber = try payload.takeUInt8()
        plainReplayWindow = try payload.takeUInt8()
        flags = try payload.takeUInt8()
        try payload.skip(7)
    }

    /// Nil for protocols that are not ours, such as the hidden SA of IP in IP beside an IPComp tunnel.
    package var id: SecurityAssociationID? {
        guard let family = AddressFamily(kernelNumber: family),
            let kind = SecurityProtocol(rawValue: protocolNumber)
        else { return nil }
        return SecurityAssociationID(destination: destination.address(family), protocol: kind, spi: spi)
    }
}

/// The attributes of an SA.
struct StateAttributes {
    private let family: AddressFamily
    private var cipher: AlgorithmAttributes.Reading?
    private var integrity: AlgorithmAttributes.Reading?
    private var compression: AlgorithmAttributes.Reading?
    var encapsulation: SADEntry.Encapsulation?
    var replay: SADEntry.ReplayProtection?
    var lastUsed: UInt64 = 0
    var careOfAddress: KernelAddress?
    /// Everything that goes into our form as it is.
    var options = SAOptions()

    /// - Parameter record: the SA they belong to, which tells the family of addresses in them.
    init(_ payload: Span<UInt8>, of record: StateRecord) throws(WireError) {
        family = AddressFamily(kernelNumber: record.family) ?? .ipv6
        try payload.forEachNetlinkAttribute { type, value throws(WireError) in
            let isTaken = try takeForm(type, value)
            if isTaken { return }
            let isOption = try options.take(kernel: type, value)
            guard !isOption, type != XFRMAttribute.padding else { return }
            options.foreign.append(ForeignAttribute(number: type, octets: value.array))
        }
    }

    /// Takes what has a place outside the options; false for all else.
    private mutating func takeForm(_ type: UInt16, _ value: Span<UInt8>) throws(WireError) -> Bool {
        var value = value
        switch type {
        case XFRMAttribute.aead: cipher = try AlgorithmAttributes.read(value, hasICVLength: true)
        case XFRMAttribute.encryption: cipher = try AlgorithmAttributes.read(value, hasICVLength: false)
        case XFRMAttribute.truncatedAuthentication:
            integrity = try AlgorithmAttributes.read(value, hasICVLength: true)
        case XFRMAttribute.authentication:
            // Told beside the form with a truncation by every kernel that knows that one.
            if integrity == nil { integrity = try AlgorithmAttributes.read(value, hasICVLength: false) }
        case XFRMAttribute.compression:
            compression = try AlgorithmAttributes.read(value, hasICVLength: false)
        case XFRMAttribute.encapsulation: encapsulation = try value.takeKernelEncapsulation(family)
        case XFRMAttribute.replayState: replay = try value.takeKernelReplayState()
        case XFRMAttribute.replayValue: replay = try value.takeKernelReplayValue()
        case XFRMAttribute.lastUsed: lastUsed = try value.takeHostUInt64()
        case XFRMAttribute.careOfAddress: careOfAddress = try value.takeKernelAddress()
        default: return false
        }
        return true
    }

    /// `none` without any algorithm: then the SA is larval, or the report of its end told none.
    func transform(_ kind: SecurityProtocol) -> SATransform {
        switch kind {
        case .esp: cipher.map { .esp($0.cipher, integrity?.integrity) } ?? .none
        case .ah: integrity.map { .ah($0.integrity) } ?? .none
        case .ipcomp: compression.map { .ipcomp($0.compression) } ?? .none
        }
    }
}

extension SADRecord {
    /// Reads an SA from a NEWSA message's payload; nil for protocols that are not ours.
    init?(kernel payload: Span<UInt8>) throws(WireError) {
        var rest = payload
        let record = try StateRecord(&rest)
        self.init(
            record, try StateAttributes(rest, of: record),
            structure: payload.extracting(first: KernelSize.state))
    }

    /// - Parameter structure: `record` as the kernel wrote it, kept where our form cannot say all of it.
    init?(_ record: StateRecord, _ attributes: StateAttributes, structure: Span<UInt8>) {
        guard let id = record.id else { return nil }
        let family = id.destination.family
        let mode = EncapsulationMode(kernelNumber: record.modeNumber)
        var entry = SADEntry(
            id: id, source: record.source.address(family), mode: mode,
            transform: attributes.transform(id.protocol))
        entry.requestID = record.requestID
        entry.selector = record.selector.selectsAll ? nil : record.selector.selector
        entry.encapsulation = attributes.encapsulation
        entry.replay = Self.replay(record, attributes)
        entry.lifetime = record.limits.lifetime
        entry.acquireSequence = record.acquireSequence
        entry.options = attributes.options
        entry.options.flags.formUnion(Set<SAFlag>(plainBits: record.flags))
        entry.options.interface = record.selector.interface
        entry.options.careOfAddress = attributes.careOfAddress?.address(.ipv6)
        if mode == nil || (entry.selector == nil && !record.selector.selectsAll) {
            entry.options.foreign.append(
                ForeignAttribute(number: XFRMAttribute.state, octets: structure.array))
        }
        self.init(entry, state: entry.isLarval ? .larval : .mature)
        usage = record.usage
        usage.lastUsed = attributes.lastUsed
        late = record.late
        replayed = record.replayed
        integrityFailures = record.integrityFailures
    }

    private static func replay(
        _ record: StateRecord, _ attributes: StateAttributes
    ) -> SADEntry.ReplayProtection {
        var replay = attributes.replay ?? SADEntry.ReplayProtection()
        replay.window = max(replay.window, UInt32(record.plainReplayWindow))
        replay.usesExtendedSequenceNumbers = record.flags & XFRMStateFlag.extendedSequenceNumbers != 0
        return replay
    }
}

extension SADEntry {
    fileprivate var isLarval: Bool {
        if case .none = transform { true } else { id.spi.value == 0 }
    }
}
