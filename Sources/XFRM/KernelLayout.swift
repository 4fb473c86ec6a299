import IPsec
import Netlink
import Wire

extension AddressFamily {
    /// AF_INET or AF_INET6.
    var kernelNumber: UInt16 { self == .ipv4 ? 2 : 10 }

    init?(kernelNumber: UInt16) {
        switch kernelNumber {
        case 2: self = .ipv4
        case 10: self = .ipv6
        default: return nil
        }
    }
}

extension EncapsulationMode {
    var kernelNumber: UInt8 {
        switch self {
        case .transport: 0
        case .tunnel: 1
        case .beet: 4
        }
    }

    init?(kernelNumber: UInt8) {
        switch kernelNumber {
        case 0: self = .transport
        case 1: self = .tunnel
        case 4: self = .beet
        default: return nil
        }
    }
}

/// xfrm_address_t: 16 octets whose family is told elsewhere.
struct KernelAddress: Hashable {
    var bits: UInt128

    func address(_ family: AddressFamily) -> IPAddress {
        IPAddress(family: family, value: family == .ipv4 ? bits >> 96 : bits)
    }
}

extension NetlinkRequest {
    /// Appends xfrm_address_t; zeros for nil.
    mutating func put(_ address: IPAddress?) {
        let bytes = address?.bytes ?? []
        put(bytes)
        putZeros(16 - bytes.count)
    }

    /// Appends xfrm_id with its padding.
    mutating func putID(_ destination: IPAddress?, spi: UInt32, protocol: SecurityProtocol) {
        put(destination)
        putNetworkOrder(spi)
        put(`protocol`.rawValue)
        putZeros(3)
    }

    /// Appends xfrm_usersa_id: what GETSA and DELSA look an SA up by.
    mutating func put(_ id: SecurityAssociationID) {
        put(id.destination)
        putNetworkOrder(id.spi.value)
        put(id.destination.family.kernelNumber)
        put(id.protocol.rawValue)
        putZeros(1)
    }

    /// Appends xfrm_selector; the selector of all packets, without a family, for nil.
    mutating func put(_ selector: Selector?) {
        guard let selector else { return putZeros(KernelSelector.size) }
        put(selector.destination.address)
        put(selector.source.address)
        putPort(selector.destinationPort)
        putPort(selector.sourcePort)
        put(selector.family.kernelNumber)
        put(UInt8(selector.destination.length))
        put(UInt8(selector.source.length))
        put(selector.upperProtocol)
        putZeros(3)
        putZeros(8)
    }

    /// A port and its mask.
    private mutating func putPort(_ port: UInt16) {
        putNetworkOrder(port)
        putNetworkOrder(port == 0 ? 0 : UInt16.max)
    }

    /// Appends xfrm_lifetime_cfg, and xfrm_lifetime_cur with nothing used yet.
    mutating func put(_ lifetime: Lifetime) {
        for limit in [lifetime.softBytes, lifetime.hardBytes, lifetime.softPackets, lifetime.hardPackets] {
            // The kernel's 0 is a limit of no packet at all, which nobody means.
            put(limit.flatMap { $0 == 0 ? nil : $0 } ?? XFRMValue.infinite)
        }
        for limit in [lifetime.softTime, lifetime.hardTime] {
            // Here 0 is no limit.
            put(limit.map { UInt64(max(1, $0.wholeNanoseconds / 1_000_000_000)) } ?? 0)
        }
        putZeros(16)
        putZeros(32)
    }
}

/// xfrm_selector as the kernel wrote it.
struct KernelSelector {
    static let size = 56

    var destination: KernelAddress
    var source: KernelAddress
    var destinationPort: UInt16
    var destinationPortMask: UInt16
    var sourcePort: UInt16
    var sourcePortMask: UInt16
    var family: UInt16
    var destinationLength: UInt8
    var sourceLength: UInt8
    var upperProtocol: UInt8
    var interface: UInt32

    /// Our form; nil for what it cannot say (port masks, an interface, no family, an impossible prefix).
    var selector: Selector? {
        guard let family = AddressFamily(kernelNumber: family), interface == 0,
            [0, UInt16.max].contains(destinationPortMask), [0, UInt16.max].contains(sourcePortMask),
            let from = IPPrefix(source.address(family), length: Int(sourceLength)),
            let to = IPPrefix(destination.address(family), length: Int(destinationLength))
        else { return nil }
        return Selector(
            source: from, destination: to, upperProtocol: upperProtocol,
            sourcePort: sourcePort & sourcePortMask,
            destinationPort: destinationPort & destinationPortMask)
    }
}

extension Span where Element == UInt8 {
    mutating func takeKernelAddress() throws(WireError) -> KernelAddress {
        let high = try takeUInt64()
        let low = try takeUInt64()
        return KernelAddress(bits: UInt128(high) << 64 | UInt128(low))
    }

    mutating func takeKernelSelector() throws(WireError) -> KernelSelector {
        let selector = KernelSelector(
            destination: try takeKernelAddress(), source: try takeKernelAddress(),
            destinationPort: try takeUInt16(), destinationPortMask: try takeUInt16(),
            sourcePort: try takeUInt16(), sourcePortMask: try takeUInt16(), family: try takeHostUInt16(),
            destinationLength: try takeUInt8(), sourceLength: try takeUInt8(), upperProtocol: try takeUInt8(),
            interface: try takeInterface())
        try skip(4)
        return selector
    }

    /// The interface index after its padding.
    private mutating func takeInterface() throws(WireError) -> UInt32 {
        try skip(3)
        return try takeHostUInt32()
    }

    /// Takes xfrm_lifetime_cfg; limits that count from the first use are left out.
    mutating func takeKernelLifetime() throws(WireError) -> Lifetime {
        var lifetime = Lifetime()
        lifetime.softBytes = try takeLimit()
        lifetime.hardBytes = try takeLimit()
        lifetime.softPackets = try takeLimit()
        lifetime.hardPackets = try takeLimit()
        lifetime.softTime = try takeSeconds()
        lifetime.hardTime = try takeSeconds()
        try skip(16)
        return lifetime
    }

    private mutating func takeLimit() throws(WireError) -> UInt64? {
        let limit = try takeHostUInt64()
        return limit == XFRMValue.infinite ? nil : limit
    }

    private mutating func takeSeconds() throws(WireError) -> Duration? {
        let seconds = Int64(clamping: try takeHostUInt64())
        return seconds == 0 ? nil : .seconds(seconds)
    }

    /// Takes xfrm_lifetime_cur.
    mutating func takeKernelUsage() throws(WireError) -> SecurityAssociationUsage {
        let usage = SecurityAssociationUsage(bytes: try takeHostUInt64(), packets: try takeHostUInt64())
        try skip(16)
        return usage
    }
}
