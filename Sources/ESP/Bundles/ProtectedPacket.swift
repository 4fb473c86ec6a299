package import IPsec

/// A packet that one security association after another has to open, before any of them is known.
package enum ProtectedPacket: Sendable {
    case esp(ESPPacket)
    case ah(AHPacket)
    case ipcomp(IPCompPacket)

    /// Looks at what an IP packet carries.
    ///
    /// - Throws: what a malformed or fragmented packet of these protocols deserves.
    /// - Returns: nil for a packet of another protocol. ESP in UDP is one: whether a port is for ESP, its socket knows.
    package init?(inIPPacket range: Range<Int>, of buffer: Span<UInt8>) throws(DropReason) {
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
        switch try IPHeader(buffer.extracting(range), destinationOptions: .header).nextProtocol {
        case IPProtocol.esp: self = .esp(try ESPPacket(inIPPacket: range, of: buffer))
        case IPProtocol.ah: self = .ah(try AHPacket(inIPPacket: range, of: buffer))
        case IPProtocol.ipcomp: self = .ipcomp(try IPCompPacket(inIPPacket: range, of: buffer))
        default: return nil
        }
    }

    /// What tells its security association from all others.
    package var id: SecurityAssociationID {
        switch self {
        case .esp(let packet):
            SecurityAssociationID(destination: packet.outer.destination, protocol: .esp, spi: packet.spi)
        case .ah(let packet):
            SecurityAssociationID(destination: packet.outer.destination, protocol: .ah, spi: packet.spi)
        case .ipcomp(let packet):
            SecurityAssociationID(destination: packet.outer.destination, protocol: .ipcomp, spi: packet.spi)
        }
    }

    /// What the IP header around it said.
    package var outer: ESPPacket.Outer {
        switch self {
        case .esp(let packet): packet.outer
        case .ah(let packet): packet.outer
        case .ipcomp(let packet): packet.outer
        }
    }
}
