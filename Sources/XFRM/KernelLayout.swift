package import IPsec
package import Netlink
import Wire

/// xfrm_address_t: 16 octets whose family is told elsewhere.
package struct KernelAddress: Hashable {
    package var bits: UInt128

    package func address(_ family: AddressFamily) -> IPAddress {
        IPAddress(family: family, value: family == .ipv4 ? bits >> 96 : bits)
    }
}

/// Octets of the kernel's structures.
package enum KernelSize {
    package static let selector = 56
    package static let state = 224
    package static let stateID = 24
    package static let policy = 168
    package static let policyID = 64
    package static let template = 64
}

extension NetlinkRequest {
    /// Appends xfrm_address_t; zeros for nil.
    package mutating func put(_ address: IPAddress?) {
        let bits = address.map { $0.family == .ipv4 ? $0.value << 96 : $0.value } ?? 0
        putNetworkOrder(UInt64(truncatingIfNeeded: bits >> 64))
        putNetworkOrder(UInt64(truncatingIfNeeded: bits))
    }

    /// Appends xfrm_id with its padding.
    mutating func putID(_ destination: IPAddress?, spi: SPI, protocol: SecurityProtocol) {
        put(destination)
        putNetworkOrder(spi.value)
        put(`protocol`.rawValue)
        putZeros(3)
    }

    /// Appends xfrm_usersa_id: what GETSA and DELSA look an SA up by.
    package mutating func put(_ id: SecurityAssociationID) {
        put(id.destination)
        putNetworkOrder(id.spi.value)
        put(id.destination.family.kernelNumber)
        put(id.protocol.rawValue)
        putZeros(1)
    }

    /// Appends xfrm_selector; the selector of all packets, without a family, for nil.
    ///
    /// - Parameter interface: the index of the network interface; 0 for any.
    mutating func put(_ selector: Selector?, interface: UInt32 = 0) {
        guard let selector else {
            putZeros(48)
            put(interface)
            return putZeros(4)
        }
        put(selector.destination.address)
        put(selector.source.address)
        putPort(selector.destinationPort, selector.destinationPortMask)
        putPort(selector.sourcePort, selector.sourcePortMask)
        put(selector.family.kernelNumber)
        put(UInt8(selector.destination.length))
        put(UInt8(selector.source.length))
        put(selector.upperProtocol)
        putZeros(3)
        put(interface)
        putZeros(4)
    }

    /// A port and its mask.
    private mutating func putPort(_ port: UInt16, _ mask: UInt16?) {
        putNetworkOrder(port)
        putNetworkOrder(mask ?? (port == 0 ? 0 : UInt16.max))
    }

    /// Appends xfrm_lifetime_cfg, and xfrm_lifetime_cur with nothing used yet.
    mutating func put(_ lifetime: Lifetime) {
        putLimit(lifetime.softBytes)
        putLimit(lifetime.hardBytes)
        putLimit(lifetime.softPackets)
        putLimit(lifetime.hardPackets)
        putSeconds(lifetime.softTime)
        putSeconds(lifetime.hardTime)
        putSeconds(lifetime.softUseTime)
        putSeconds(lifetime.hardUseTime)
        putZeros(32)
    }

    /// The kernel's 0 is a limit of no packet at all, which nobody means.
    private mutating func putLimit(_ limit: UInt64?) {
        put(limit.flatMap { $0 == 0 ? nil : $0 } ?? XFRMValue.infinite)
    }

    /// Here 0 is no limit.
    private mutating func putSeconds(_ limit: Duration?) {
        put(limit.map { UInt64(max(1, $0.wholeNanoseconds / 1_000_000_000)) } ?? 0)
    }

    /// Appends xfrm_mark as an attribute, where there is one.
    mutating func put(_ mark: Mark?) {
        guard let mark else { return }
        putAttribute(XFRMAttribute.mark) { attribute in
            attribute.put(mark.value)
            attribute.put(mark.mask)
        }
    }

    /// Appends an attribute of one number, unless it is nil.
    mutating func putAttribute(_ type: UInt16, _ value: UInt32?) {
        guard let value else { return }
        putAttribute(type) { $0.put(value) }
    }

    /// Appends xfrm_user_offload as an attribute, where there is one.
    mutating func put(_ offload: HardwareOffload?) {
        guard let offload else { return }
        let direction = offload.direction == .inbound ? XFRMValue.offloadInbound : 0
        let extent = offload.extent == .packet ? XFRMValue.offloadPacket : 0
        putAttribute(XFRMAttribute.offload) { attribute in
            attribute.put(offload.interface)
            attribute.put(direction | extent)
            attribute.putZeros(3)
        }
    }

    /// Appends xfrm_user_sec_ctx as an attribute, where there is one; its text ends with a zero.
    mutating func put(_ label: SecurityContext?) {
        guard let label else { return }
        let text = Array(label.text.utf8) + [0]
        putAttribute(XFRMAttribute.securityContext) { attribute in
            attribute.put(UInt16(truncatingIfNeeded: 8 + text.count))
            attribute.put(XFRMValue.contextType)
            attribute.put(label.algorithm)
            attribute.put(label.domain)
            attribute.put(UInt16(truncatingIfNeeded: text.count))
            attribute.put(text)
        }
    }

    /// Appends attributes as the kernel once gave them.
    mutating func put(_ foreign: [ForeignAttribute]) {
        for one in foreign { putAttribute(one.number) { $0.put(one.octets) } }
    }
}
