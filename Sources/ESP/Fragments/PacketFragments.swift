internal import IPsec

/// How a packet is cut into fragments that fit a path (RFC 791 section 3.2, RFC 8200 section 4.5).
package struct PacketFragments: Sendable {
    private let header: IPHeader
    private let identification: UInt32
    /// Octets of payload of every fragment but the last: whole units of eight.
    private let step: Int
    private let payload: Range<Int>
    /// Octets of an IPv4 packet before its payload, if it is a fragment itself.
    private let offset: Int
    private let isLast: Bool

    /// What DF in the packet's header means for the one who cuts it.
    package enum DontFragmentRule: Sendable {
        case obeyed
        /// The header is our own, and may be changed.
        case overridden
    }

    /// How many there are: 1 for a packet that fits.
    package let count: Int

    /// Plans the cutting of the packet at the front of `packet`.
    ///
    /// - Parameters:
    ///   - mtu: The longest fragment, octets with its IP header.
    ///   - identification: For IPv6, whose packets have none of their own.
    ///   - dontFragment: Whether IPv4's DF forbids it.
    /// - Throws: `mayNotBeFragmented` for IPv4's DF and for what is an IPv6 fragment already; `pathTooNarrow` for an
    ///   MTU in which no payload fits; as `IPHeader`.
    package init(
        _ packet: Span<UInt8>, mtu: Int, identification: UInt32, dontFragment: DontFragmentRule = .obeyed
    ) throws(DropReason) {
        header = try IPHeader(packet)
        self.identification = identification
        payload = header.headerCount..<header.totalCount
        let word = header.family == .ipv4 ? packet.uint16(at: 6) : 0
        offset = Int(word & 0x1fff) * 8
        isLast = word & 0x2000 == 0
        let overhead = header.headerCount + (header.family == .ipv4 ? 0 : 8)
        step = max(0, mtu - overhead) / 8 * 8
        guard header.totalCount > mtu else {
            count = 1
            return
        }
        let isForbidden =
            header.family == .ipv4 ? header.dontFragment && dontFragment == .obeyed : header.isFragment
        guard !isForbidden else { throw .mayNotBeFragmented }
        guard step > 0 else { throw .pathTooNarrow }
        count = (payload.count + step - 1) / step
    }

    /// One of the fragments, from 0 on; `packet` is what they were planned for.
    package func fragment(_ index: Int, of packet: Span<UInt8>) -> [UInt8] {
        precondition(index >= 0 && index < count, "no such fragment")
        guard count > 1 else { return (0..<header.totalCount).map { packet[$0] } }
        let start = payload.lowerBound + index * step
        let piece = start..<min(start + step, payload.upperBound)
        var octets = (0..<header.headerCount).map { packet[$0] }
        switch header.family {
        case .ipv4: writeIPv4(&octets, piece)
        case .ipv6: writeIPv6(&octets, piece)
        }
        for place in piece { octets.append(packet[place]) }
        return octets
    }

    private func writeIPv4(_ octets: inout [UInt8], _ piece: Range<Int>) {
        let skipped = piece.lowerBound - payload.lowerBound
        let more = piece.upperBound < payload.upperBound || !isLast
        if skipped > 0 { Self.blankUncopiedOptions(&octets) }
        var span = octets.mutableSpan
        span.put(UInt16(truncatingIfNeeded: header.headerCount + piece.count), at: 2)
        span.put(UInt16(truncatingIfNeeded: (offset + skipped) / 8) | (more ? 0x2000 : 0), at: 6)
        span.putIPv4Checksum(0..<header.headerCount)
    }

    /// Options that only the first fragment carries become no-operations in others.
    private static func blankUncopiedOptions(_ octets: inout [UInt8]) {
        var place = 20
        let end = octets.count
        while let option = try? IPv4Option(octets.span, at: place, end: end) {
            if option.number & 0x80 == 0 {
                for index in option.range { octets[index] = 1 }
            }
            place = option.range.upperBound
        }
    }

    private func writeIPv6(_ octets: inout [UInt8], _ piece: Range<Int>) {
        let upperProtocol = octets[header.nextProtocolOffset]
        octets[header.nextProtocolOffset] = IPProtocol.fragment
        let start = octets.count
        octets += [upperProtocol, 0, 0, 0, 0, 0, 0, 0]
        let skipped = piece.lowerBound - payload.lowerBound
        let more: UInt16 = piece.upperBound < payload.upperBound ? 1 : 0
        var span = octets.mutableSpan
        span.put(UInt16(truncatingIfNeeded: start + 8 - 40 + piece.count), at: 4)
        span.put(UInt16(truncatingIfNeeded: skipped) | more, at: start + 2)
        span.put(identification, at: start + 4)
    }
}
