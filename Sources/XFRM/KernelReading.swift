package import IPsec
import Netlink
package import Wire

/// xfrm_lifetime_cfg: octets, packets and seconds; octets and packets without a limit are `XFRMValue.infinite`, seconds 0.
package struct KernelLimits: Hashable {
    package var softBytes = XFRMValue.infinite
    package var hardBytes = XFRMValue.infinite
    package var softPackets = XFRMValue.infinite
    package var hardPackets = XFRMValue.infinite
    package var softTime: UInt64 = 0
    package var hardTime: UInt64 = 0
    package var softUseTime: UInt64 = 0
    package var hardUseTime: UInt64 = 0

    /// No limits.
    package init() {}

    /// Our form.
    var lifetime: Lifetime {
        Lifetime(
            softTime: Self.time(softTime), hardTime: Self.time(hardTime), softBytes: Self.limit(softBytes),
            hardBytes: Self.limit(hardBytes), softPackets: Self.limit(softPackets),
            hardPackets: Self.limit(hardPackets), softUseTime: Self.time(softUseTime),
            hardUseTime: Self.time(hardUseTime))
    }

    private static func limit(_ limit: UInt64) -> UInt64? { limit == XFRMValue.infinite ? nil : limit }

    private static func time(_ seconds: UInt64) -> Duration? {
        seconds == 0 ? nil : .seconds(Int64(clamping: seconds))
    }
}

/// xfrm_selector as the kernel wrote it.
package struct KernelSelector {
    package var destination: KernelAddress
    package var source: KernelAddress
    package var destinationPort: UInt16
    package var destinationPortMask: UInt16
    package var sourcePort: UInt16
    package var sourcePortMask: UInt16
    package var family: UInt16
    package var destinationLength: UInt8
    package var sourceLength: UInt8
    package var upperProtocol: UInt8
    package var interface: UInt32

    /// Whether it picks all packets (of its family, if it has one).
    package var selectsAll: Bool {
        destinationLength == 0 && sourceLength == 0 && upperProtocol == 0 && destinationPortMask == 0
            && sourcePortMask == 0
    }

    /// Our form without the interface; nil where there is no family, or an impossible prefix.
    package var selector: Selector? {
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
    package mutating func takeKernelAddress() throws(WireError) -> KernelAddress {
        let high = try takeUInt64()
        let low = try takeUInt64()
        return KernelAddress(bits: UInt128(high) << 64 | UInt128(low))
    }

    package mutating func takeKernelSelector() throws(WireError) -> KernelSelector {
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
    mutating func takeKernelLimits() throws(WireError) -> KernelLimits {
        var limits = KernelLimits()
        limits.softBytes = try takeHostUInt64()
        limits.hardBytes = try takeHostUInt64()
        limits.softPackets = try takeHostUInt64()
        limits.hardPackets = try takeHostUInt64()
        limits.softTime = try takeHostUInt64()
        limits.hardTime = try takeHostUInt64()
        limits.softUseTime = try takeHostUInt64()
        limits.hardUseTime = try takeHostUInt64()
        return limits
    }

    /// Takes xfrm_lifetime_cur.
    package mutating func takeKernelUsage() throws(WireError) -> EntryUsage {
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
