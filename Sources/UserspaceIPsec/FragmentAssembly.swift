import ESP
import IPsec

/// Puts fragments that the host cut for the TUN device together again, before policies are looked up.
///
/// Transport mode protects whole packets (RFC 4303 section 3.3.4), and a later fragment does not show the ports
/// that a policy may ask for (RFC 4301 section 7). The host hands fragments over in order; others are refused.
struct FragmentAssembly: Sendable {
    /// What tells the fragments of one packet from others'.
    private struct Key: Hashable {
        let source: IPAddress
        let destination: IPAddress
        let identification: UInt32
        let upperProtocol: UInt8
    }

    private struct Partial {
        let since: Instant
        /// The header without fragmentation, then what has come so far.
        var packet: [UInt8]
        let headerCount: Int
    }

    enum Outcome: Equatable {
        /// Not a fragment: nothing to do.
        case whole
        case incomplete
        case complete([UInt8])
        case refused
    }

    private var partials: [Key: Partial] = [:]

    /// Packets put together at a time.
    static let limit = 64
    static let patience = Duration.seconds(2)

    static func isFragment(_ packet: Span<UInt8>) -> Bool {
        (try? IPHeader(packet))?.isFragment ?? false
    }

    /// Takes a packet as it was read from the device.
    mutating func take(_ packet: Span<UInt8>, now: Instant) -> Outcome {
        guard let header = try? IPHeader(packet) else { return .whole }
        guard header.isFragment else { return .whole }
        guard let fragment = Fragment(header, packet) else { return .refused }
        let key = Key(
            source: header.source, destination: header.destination, identification: fragment.identification,
            upperProtocol: fragment.upperProtocol)
        if fragment.offset == 0 {
            partials = partials.filter { now - $0.value.since < Self.patience }
            guard partials.count < Self.limit else { return .refused }
            let start = fragment.unfragmentedHeader(header, packet)
            partials[key] = Partial(since: now, packet: start, headerCount: start.count)
        }
        guard var partial = partials.removeValue(forKey: key),
            partial.packet.count - partial.headerCount == fragment.offset,
            partial.packet.count + fragment.payload.count <= Int(UInt16.max)
        else { return .refused }
        for index in fragment.payload { partial.packet.append(packet[index]) }
        guard fragment.isLast else {
            partials[key] = partial
            return .incomplete
        }
        Fragment.setLength(of: &partial.packet)
        return .complete(partial.packet)
    }
}

/// The place of a fragment in its packet, read behind a header whose bounds have been checked.
private struct Fragment {
    let identification: UInt32
    /// Octets of payload before this one's.
    let offset: Int
    let isLast: Bool
    let upperProtocol: UInt8
    /// Where its payload is in the packet it came in.
    let payload: Range<Int>

    init?(_ header: IPHeader, _ packet: Span<UInt8>) {
        let word: Int
        switch header.family {
        case .ipv4:
            word = Int(packet[6]) << 8 | Int(packet[7])
            identification = UInt32(packet[4]) << 8 | UInt32(packet[5])
            upperProtocol = header.nextProtocol
            payload = header.headerCount..<header.totalCount
            offset = (word & 0x1fff) * 8
            isLast = word & 0x2000 == 0
        case .ipv6:
            let start = header.headerCount
            guard start == 40, start + 8 <= header.totalCount else { return nil }
            word = Int(packet[start + 2]) << 8 | Int(packet[start + 3])
            identification = (4..<8).reduce(0) { $0 << 8 | UInt32(packet[start + $1]) }
            upperProtocol = packet[start]
            payload = start + 8..<header.totalCount
            offset = word & 0xfff8
            isLast = word & 1 == 0
        }
    }

    /// The header of the whole packet; its length is filled in later.
    func unfragmentedHeader(_ header: IPHeader, _ packet: Span<UInt8>) -> [UInt8] {
        var bytes = (0..<header.headerCount).map { packet[$0] }
        switch header.family {
        case .ipv4: bytes.replaceSubrange(6..<8, with: [0, 0])
        case .ipv6: bytes[6] = upperProtocol
        }
        return bytes
    }

    /// Writes the length, and the checksum of IPv4, into the header of a whole packet.
    static func setLength(of packet: inout [UInt8]) {
        let isIPv4 = packet[0] >> 4 == 4
        let length = isIPv4 ? packet.count : packet.count - 40
        let field = isIPv4 ? 2 : 4
        packet[field] = UInt8(truncatingIfNeeded: length >> 8)
        packet[field + 1] = UInt8(truncatingIfNeeded: length)
        guard isIPv4 else { return }
        packet.replaceSubrange(10..<12, with: [0, 0])
        var sum: UInt32 = 0
        for index in stride(from: 0, to: Int(packet[0] & 0x0f) * 4, by: 2) {
            sum += UInt32(packet[index]) << 8 | UInt32(packet[index + 1])
        }
        while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
        let checksum = ~UInt16(truncatingIfNeeded: sum)
        packet[10] = UInt8(truncatingIfNeeded: checksum >> 8)
        packet[11] = UInt8(truncatingIfNeeded: checksum)
    }
}
