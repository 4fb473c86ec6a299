internal import ESP
internal import IPsec

/// An ESP, AH or IPComp packet found in a captured one.
struct ProtectedPacket {
    enum Form {
        case esp(ESPPacket)
        case ah(AHPacket)
        case ipcomp(IPCompPacket)
    }

    let form: Form
    let header: IPHeader
    /// nil unless it is ESP in UDP.
    let ports: PacketFlow.Ports?

    var `protocol`: SecurityProtocol {
        switch form {
        case .esp: .esp
        case .ah: .ah
        case .ipcomp: .ipcomp
        }
    }

    var spi: SPI {
        switch form {
        case .esp(let packet): packet.spi
        case .ah(let packet): packet.spi
        case .ipcomp(let packet): packet.spi
        }
    }

    /// The half that the packet carries; nil for IPComp, which has none.
    var sequence: UInt32? {
        switch form {
        case .esp(let packet): packet.sequence
        case .ah(let packet): packet.sequence
        case .ipcomp: nil
        }
    }

    /// From the SPI to the end of the ICV; nil unless it is ESP.
    var espRange: Range<Int>? {
        if case .esp(let packet) = form { packet.range } else { nil }
    }
}

/// What an IP packet is to somebody who looks for protected ones.
enum PacketKind {
    case protected(ProtectedPacket)
    case keepalive(PacketFlow.Ports)
    case ike(PacketFlow.Ports)
    case plain
    case malformed(DropReason)
}

/// Which UDP ports may carry ESP beside 4500.
struct EncapsulationPorts {
    /// RFC 3948 section 2.1.
    static let standard: UInt16 = 4500
    /// Those that SAs state.
    var stated: Set<UInt16>
    /// Whether any port may, if the octets look like ESP of a known SA.
    var isAny: Bool

    func contains(_ ports: PacketFlow.Ports) -> Bool {
        [ports.source, ports.destination].contains { $0 == Self.standard || stated.contains($0) }
    }
}

extension PacketKind {
    static let udp: UInt8 = 17

    /// Looks at the whole packet in `range`, whose IP header is `header`.
    init(
        _ header: IPHeader, in range: Range<Int>, of buffer: Span<UInt8>, _ index: AssociationIndex,
        _ ports: EncapsulationPorts
    ) {
        do throws(DropReason) {
            switch header.nextProtocol {
            case SecurityProtocol.esp.rawValue:
                self = .protected(try Self.esp(header, nil, range, buffer))
            case SecurityProtocol.ah.rawValue:
                let packet = try AHPacket(inIPPacket: range, of: buffer)
                self = .protected(ProtectedPacket(form: .ah(packet), header: header, ports: nil))
            case SecurityProtocol.ipcomp.rawValue:
                let packet = try IPCompPacket(inIPPacket: range, of: buffer)
                self = .protected(ProtectedPacket(form: .ipcomp(packet), header: header, ports: nil))
            case Self.udp:
                self = try Self.encapsulated(header, range, buffer, index, ports)
            default: self = .plain
            }
        } catch {
            self = .malformed(error)
        }
    }

    private static func esp(
        _ header: IPHeader, _ ports: PacketFlow.Ports?, _ range: Range<Int>, _ buffer: Span<UInt8>
    ) throws(DropReason) -> ProtectedPacket {
        let packet = try ESPPacket(inIPPacket: range, of: buffer)
        return ProtectedPacket(form: .esp(packet), header: header, ports: ports)
    }

    private static func encapsulated(
        _ header: IPHeader, _ range: Range<Int>, _ buffer: Span<UInt8>, _ index: AssociationIndex,
        _ encapsulation: EncapsulationPorts
    ) throws(DropReason) -> PacketKind {
        guard let ports = try PacketFlow(buffer.extracting(range)).ports else { return .plain }
        let isExpected = encapsulation.contains(ports)
        guard isExpected || encapsulation.isAny else { return .plain }
        let packet: ProtectedPacket
        do throws(DropReason) {
            packet = try esp(header, ports, range, buffer)
        } catch {
            guard isExpected else { return .plain }
            guard error == .notESP else { throw error }
            return header.totalCount - header.headerCount <= 9 ? .keepalive(ports) : .ike(ports)
        }
        guard isExpected || index.association(for: packet) != nil else { return .plain }
        return .protected(packet)
    }
}
