import ISAKMP
import Wire

/// A failure or a state that one side tells the other (RFC 2408 section 3.14).
///
///     +---------------------------------------------------------------+
///     !                   Domain of interpretation                    !
///     +---------------+---------------+-------------------------------+
///     !  Protocol ID  !   SPI size    !       Notification type       !
///     +---------------+---------------+-------------------------------+
///     ~                        SPI, then data                         ~
///     +---------------------------------------------------------------+
package struct NotificationPayload: Hashable, Sendable {
    /// Kept as received: some peers write 0 in phase 1.
    package var domainOfInterpretation: UInt32
    /// See `ProtocolID`.
    package var protocolID: UInt8
    /// Both cookies for ISAKMP, four octets for ESP; at most 255 octets, none where nothing is meant.
    package var spi: [UInt8]
    package var type: NotificationType
    package var data: [UInt8]

    package init(
        _ type: NotificationType, protocolID: UInt8, spi: [UInt8] = [], data: [UInt8] = [],
        domainOfInterpretation: UInt32 = DomainOfInterpretation.ipsec
    ) {
        self.domainOfInterpretation = domainOfInterpretation
        self.protocolID = protocolID
        self.spi = spi
        self.type = type
        self.data = data
    }

    package init(body: Span<UInt8>) throws(MessageError) {
        self = try MessageError.reading(.notification, body) { rest throws(WireError) in
            let domain = try rest.takeUInt32()
            let protocolID = try rest.takeUInt8()
            let size = Int(try rest.takeUInt8())
            let type = NotificationType(rawValue: try rest.takeUInt16())
            let spi = try rest.takeBytes(size)
            return NotificationPayload(
                type, protocolID: protocolID, spi: spi, data: rest.takeRemainingBytes(),
                domainOfInterpretation: domain)
        }
    }

    func write(to writer: inout ByteWriter) throws(MessageError) {
        guard let size = UInt8(exactly: spi.count) else {
            throw MessageError(
                .payload(.notification), .size("SPI", found: spi.count, expected: "at most 255"))
        }
        writer.put(domainOfInterpretation)
        writer.put(protocolID)
        writer.put(size)
        writer.put(type.rawValue)
        writer.put(spi)
        writer.put(data)
    }
}
