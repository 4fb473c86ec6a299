import Algorithms
import ISAKMP
import Negotiation
import Wire

/// A failure, a state or an ability that one side tells the other (RFC 7296 section 3.10).
///
///     +---------------+---------------+-------------------------------+
///     |  Protocol ID  |   SPI size    |      Notify message type      |
///     +---------------+---------------+-------------------------------+
///     ~                        SPI, then data                         ~
///     +---------------------------------------------------------------+
package struct NotifyPayload: Hashable, Sendable {
    package var type: NotifyType
    /// See `IKEProtocol`; 0 where no SA is meant.
    package var protocolID: UInt8
    /// The SA that is meant: at most 255 octets, none where no child SA is.
    package var spi: [UInt8]
    package var data: [UInt8]

    package init(_ type: NotifyType, protocolID: UInt8 = 0, spi: [UInt8] = [], data: [UInt8] = []) {
        self.type = type
        self.protocolID = protocolID
        self.spi = spi
        self.data = data
    }

    init(body: Span<UInt8>) throws(MessageError) {
        self = try MessageError.reading(.notify, body) { rest throws(WireError) in
            let protocolID = try rest.takeUInt8()
            let size = Int(try rest.takeUInt8())
            let type = NotifyType(rawValue: try rest.takeUInt16())
            let spi = try rest.takeBytes(size)
            return NotifyPayload(type, protocolID: protocolID, spi: spi, data: rest.takeRemainingBytes())
        }
    }

    func write(to writer: inout ByteWriter) throws(MessageError) {
        guard let size = UInt8(exactly: spi.count) else {
            throw MessageError(.payload(.notify), .size("SPI", found: spi.count, expected: "at most 255"))
        }
        writer.put(protocolID)
        writer.put(size)
        writer.put(type.rawValue)
        writer.put(spi)
        writer.put(data)
    }
}

extension NotifyPayload {
    /// The group that INVALID_KE_PAYLOAD asks for; nil where it names none of those that were offered.
    func wantedGroup(among suites: [SuiteProposal]) -> KeyExchangeMethod? {
        guard let number = UInt16(octets: data) else { return nil }
        return suites.flatMap(\.keyExchange).first { $0.number == number }
    }

    /// That the peer ended an exchange so.
    var refusal: NegotiationFailure { refusal(of: []) }

    /// The same, with what of ours it is about, a line each.
    func refusal(of asked: [String]) -> NegotiationFailure {
        .peerDeclined(.notified(type.description, number: type.rawValue, asked: asked))
    }
}
