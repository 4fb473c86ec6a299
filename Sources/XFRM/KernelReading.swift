import IPsec
import Netlink
import Wire

/// xfrm_selector as the kernel wrote it.
struct KernelSelector {
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

    /// Whether it picks all packets (of its family, if it has one).
    var selectsAll: Bool {
        destinationLength == 0 && sourceLength == 0 && upperProtocol == 0 && destinationPortMask == 0
            && sourcePortMask == 0
    }

    /// Our form without the interface; nil where there is no family, or an impossible prefix.
    var selector: Selector? {
        guard let family = AddressFamily(kernelNumber: family),
            let from = IPPrefix(source.address(family), length: Int(sourceLength)),
            let to = IPPrefix(destination.address(family), length: Int(destinationLength))
        else { return nil }
        return Selector(
            source: from, destination: to, upperProtocol: upperProtocol, sourcePort: sourcePort,
            destinationPort: destinationPort, sourcePortMask: Self.unusual(sourcePortMask, of: sourcePort),
            destinationPortMask: Self.unusual(destinationPortMask, of: destinationPort))
    }

    /// A mask that does not go without saying.
    private static func unusual(_ mask: UInt16, of port: UInt16) -> UInt16? {
        mask == (port == 0 ? 0 : UInt16.max) ? nil : mask
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

    /// Takes xfrm_lifetime_cfg.
    mutating func takeKernelLifetime() throws(WireError) -> Lifetime {
        var lifetime = Lifetime()
        lifetime.softBytes = try takeLimit()
        lifetime.hardBytes = try takeLimit()
        lifetime.softPackets = try takeLimit()
        lifetime.hardPackets = try takeLimit()
        lifetime.softTime = try takeSeconds()
        lifetime.hardTime = try takeSeconds()
        lifetime.softUseTime = try takeSeconds()
        lifetime.hardUseTime = try takeSeconds()
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
    mutating func takeKernelUsage() throws(WireError) -> EntryUsage {
        var usage = EntryUsage()
        usage.traffic = SecurityAssociationUsage(bytes: try takeHostUInt64(), packets: try takeHostUInt64())
        usage.added = try takeHostUInt64()
        usage.firstUsed = try takeHostUInt64()
        return usage
    }

    /// Takes xfrm_mark.
    mutating func takeKernelMark() throws(WireError) -> Mark {
        Mark(value: try takeHostUInt32(), mask: try takeHostUInt32())
    }

    /// Takes xfrm_user_offload.
    mutating func takeKernelOffload() throws(WireError) -> HardwareOffload {
        let interface = try takeHostUInt32()
        let flags = try takeUInt8()
        return HardwareOffload(
            interface: interface, direction: flags & XFRMValue.offloadInbound != 0 ? .inbound : .outbound,
            extent: flags & XFRMValue.offloadPacket != 0 ? .packet : .crypto)
    }

    /// Takes xfrm_user_sec_ctx and the text after it, up to its zero.
    mutating func takeKernelLabel() throws(WireError) -> SecurityContext {
        try skip(4)
        let algorithm = try takeUInt8()
        let domain = try takeUInt8()
        let text = try takeBytes(Int(try takeHostUInt16()))
        return SecurityContext(
            domain: domain, algorithm: algorithm,
            text: String(decoding: text.prefix { $0 != 0 }, as: UTF8.self))
    }

    /// Takes xfrm_encap_tmpl, whose address is of the SA's family.
    mutating func takeKernelEncapsulation(
        _ family: AddressFamily
    ) throws(WireError) -> SADEntry.Encapsulation {
        let kind = SADEntry.Encapsulation.Kind(kernelNumber: try takeHostUInt16())
        let ports = UDPEncapsulation(sourcePort: try takeUInt16(), destinationPort: try takeUInt16())
        try skip(2)
        let original = try takeKernelAddress()
        return SADEntry.Encapsulation(
            kind, ports: ports, originalAddress: original.bits == 0 ? nil : original.address(family))
    }
}
