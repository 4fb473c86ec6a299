internal import IPsec

/// The place of a fragment in its packet (RFC 791 section 3.2, RFC 8200 section 4.5).
struct Fragment {
    let identification: UInt32
    /// Octets of payload before this one's.
    let offset: Int
    let isLast: Bool
    let upperProtocol: UInt8
    /// Where its payload is in the packet it came in.
    let payload: Range<Int>

    /// Reads behind a header of a fragment, whose bounds have been checked.
    ///
    /// - Throws: `badFragment` for one without octets, or with a length that cannot stand in the middle of a packet.
    init(_ header: IPHeader, _ packet: Span<UInt8>) throws(DropReason) {
        switch header.family {
        case .ipv4:
            let word = packet.uint16(at: 6)
            identification = UInt32(packet.uint16(at: 4))
            upperProtocol = header.nextProtocol
            payload = header.headerCount..<header.totalCount
            offset = Int(word & 0x1fff) * 8
            isLast = word & 0x2000 == 0
        case .ipv6:
            let start = header.headerCount
            guard start + 8 <= header.totalCount else { throw .truncatedHeader }
            let word = packet.uint16(at: start + 2)
            identification = packet.uint32(at: start + 4)
            upperProtocol = packet[start]
            payload = start + 8..<header.totalCount
            offset = Int(word & 0xfff8)
            isLast = word & 1 == 0
        }
        guard !payload.isEmpty, isLast || payload.count.isMultiple(of: 8) else { throw .badFragment }
        guard offset + payload.count <= Int(UInt16.max) else { throw .badFragment }
    }

    /// Where its octets are in the payload of the whole packet.
    var place: Range<Int> { offset..<offset + payload.count }
}

extension IPHeader {
    /// The octets of the header of the whole packet that a first fragment belongs to; its length is filled in later.
    func unfragmented(_ packet: Span<UInt8>, _ fragment: Fragment) -> [UInt8] {
        var octets = (0..<headerCount).map { packet[$0] }
        switch family {
        case .ipv4: octets.replaceSubrange(6..<8, with: [0, 0])
        case .ipv6: octets[nextProtocolOffset] = fragment.upperProtocol
        }
        return octets
    }
}
