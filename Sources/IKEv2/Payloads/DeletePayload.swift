package import IPsec
import ISAKMP
import Wire

/// SAs that the sender has deleted, or the IKE SA itself (RFC 7296 section 3.11).
///
///     +---------------+---------------+-------------------------------+
///     |  Protocol ID  |   SPI size    |          Number of SPIs       |
///     +---------------+---------------+-------------------------------+
///     ~                             SPIs                              ~
///     +---------------------------------------------------------------+
package enum DeletePayload: Hashable, Sendable {
    /// The IKE SA that protects the message.
    case ikeSA
    /// The SPIs of the sender's inbound SAs.
    case children(SecurityProtocol, [SPI])

    init(body: Span<UInt8>) throws(MessageError) {
        let (number, size, count, octets) = try MessageError.reading(.delete, body) {
            rest throws(WireError) in
            (try rest.takeUInt8(), try rest.takeUInt8(), try rest.takeUInt16(), rest.takeRemainingBytes())
        }
        guard let kind = IKEProtocol(rawValue: number) else {
            throw Self.error(.field("protocol", found: UInt64(number), expected: "1, 2 or 3"))
        }
        guard let child = kind.securityProtocol else {
            guard size == 0, count == 0, octets.isEmpty else {
                throw Self.error(.content("an IKE SA is deleted without naming an SPI"))
            }
            self = .ikeSA
            return
        }
        guard size == 4, octets.count == 4 * Int(count) else {
            throw Self.error(
                .content("\(count) SPIs of \(size) octets, expected SPIs of 4 octets and as many as said"))
        }
        self = .children(child, Self.spis(octets))
    }

    private static func spis(_ octets: [UInt8]) -> [SPI] {
        stride(from: 0, to: octets.count, by: 4).map { start in
            SPI(octets[start..<(start + 4)].reduce(0) { $0 << 8 | UInt32($1) })
        }
    }

    func write(to writer: inout ByteWriter) throws(MessageError) {
        switch self {
        case .ikeSA:
            writer.put(IKEProtocol.ike.rawValue)
            writer.putZeros(3)
        case .children(let kind, let spis):
            guard let count = UInt16(exactly: spis.count), let number = IKEProtocol(kind) else {
                throw Self.error(.content("at most 65535 SPIs of ESP or AH can be deleted at once"))
            }
            writer.put(number.rawValue)
            writer.put(UInt8(4))
            writer.put(count)
            for spi in spis { writer.put(spi.value) }
        }
    }

    private static func error(_ reason: MessageError.Reason) -> MessageError {
        MessageError(.payload(.delete), reason)
    }
}
