import IPsec
import Netlink
import Wire

/// The kernel's events as notifications.
enum Notifications {
    /// Reads an event; nil for one that is of no concern here (a larval SA, a protocol or policy we cannot say).
    static func decode(_ type: UInt16, _ payload: Span<UInt8>) throws(WireError) -> DatabaseNotification? {
        switch type {
        case XFRMMessage.acquire: try acquire(payload)
        case XFRMMessage.expire: try expiry(payload)
        case XFRMMessage.mapping: try mapping(payload)
        default: nil
        }
    }

    /// xfrm_user_acquire: the SA's ends, the packet, the policy it met, and that policy's templates.
    private static func acquire(_ payload: Span<UInt8>) throws(WireError) -> DatabaseNotification? {
        var rest = payload
        let destination = try rest.takeKernelAddress()
        try rest.skip(4)
        let protocolNumber = try rest.takeUInt8()
        try rest.skip(3)
        let source = try rest.takeKernelAddress()
        let packet = try rest.takeKernelSelector()
        let record = try PolicyRecord(&rest)
        try rest.skip(12)
        let sequence = try rest.takeHostUInt32()
        let attributes = try PolicyAttributes(rest)
        guard let selector = packet.flow, let policy = record.policy(attributes) else { return nil }
        // The SA's ends carry no family of their own: it is the template's, else the packet's.
        let template = attributes.templates.first { $0.protocolNumber == protocolNumber }
        let family = template.flatMap { AddressFamily(kernelNumber: $0.family) } ?? selector.family
        return .acquire(
            Acquire(
                sequence: sequence, packet: selector, policy: policy, local: source.address(family),
                remote: destination.address(family)))
    }

    /// xfrm_user_expire.
    private static func expiry(_ payload: Span<UInt8>) throws(WireError) -> DatabaseNotification? {
        var rest = payload
        let record = try StateRecord(&rest)
        let isHard = try rest.takeUInt8() != 0
        return record.id.map { isHard ? .expired($0) : .expiring($0) }
    }

    /// xfrm_user_mapping.
    private static func mapping(_ payload: Span<UInt8>) throws(WireError) -> DatabaseNotification? {
        var rest = payload
        let destination = try rest.takeKernelAddress()
        let spi = SPI(try rest.takeUInt32())
        let family = AddressFamily(kernelNumber: try rest.takeHostUInt16())
        let kind = SecurityProtocol(rawValue: try rest.takeUInt8())
        try rest.skip(1 + 4 + 16)
        let source = try rest.takeKernelAddress()
        try rest.skip(2)
        let port = try rest.takeUInt16()
        guard let family, let kind else { return nil }
        return .mappingChanged(
            SecurityAssociationID(destination: destination.address(family), protocol: kind, spi: spi),
            new: Endpoint(source.address(family), port: port))
    }
}

extension KernelSelector {
    /// The packet that asked, whose interface does not matter here.
    fileprivate var flow: Selector? {
        var flow = self
        flow.interface = 0
        return flow.selector
    }
}
