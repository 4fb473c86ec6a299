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

    private static let fragmentHeaderCount = 8

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
        let overhead = header.headerCount + (header.family == .ipv4 ? 0 : Self.fragmentHeaderCount)
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

    /// Octets of one of the fragments, from 0 on.
    package func length(_ index: Int) -> Int {
        guard count > 1 else { return header.totalCount }
        let fragmentHeader = header.family == .ipv4 ? 0 : Self.fragmentHeaderCount
        return header.headerCount + fragmentHeader + piece(index).count
    }

    /// Writes one of the fragments, from 0 on, to `start` of another buffer, which must have room for it.
    ///
    /// - Parameter packet: What they were planned for.
    package func write(
        _ index: Int, of packet: Span<UInt8>, to target: inout MutableSpan<UInt8>, at start: Int
    ) {
        guard count > 1 else { return Self.copy(0..<header.totalCount, of: packet, to: &target, at: start) }
        let piece = piece(index)
        Self.copy(0..<header.headerCount, of: packet, to: &target, at: start)
        Self.copy(piece, of: packet, to: &target, at: start + length(index) - piece.count)
        switch header.family {
        case .ipv4: completeIPv4(&target, start, piece)
        case .ipv6: completeIPv6(&target, start, piece)
        }
    }

    /// Where the payload of a fragment is in the packet.
    private func piece(_ index: Int) -> Range<Int> {
        precondition(index >= 0 && index < count, "no such fragment")
        let start = payload.lowerBound + index * step
        return start..<min(start + step, payload.upperBound)
    }

    private static func copy(
        _ range: Range<Int>, of packet: Span<UInt8>, to target: inout MutableSpan<UInt8>, at start: Int
    ) {
        for place in 0..<range.count { target[start + place] = packet[range.lowerBound + place] }
    }

    private func completeIPv4(_ target: inout MutableSpan<UInt8>, _ start: Int, _ piece: Range<Int>) {
        let skipped = piece.lowerBound - payload.lowerBound
        let more = piece.upperBound < payload.upperBound || !isLast
        let end = start + header.headerCount
        if skipped > 0 { Self.blankUncopiedOptions(&target, start + 20..<end) }
        target.put(UInt16(truncatingIfNeeded: header.headerCount + piece.count), at: start + 2)
        target.put(
            UInt16(truncatingIfNeeded: (offset + skipped) / 8) | (more ? 0x2000 : 0), at: start + 6)
        target.putIPv4Checksum(start..<end)
    }

    /// Options that only the first fragment carries become no-operations in others.
    private static func blankUncopiedOptions(_ target: inout MutableSpan<UInt8>, _ options: Range<Int>) {
        var place = options.lowerBound
        while let option = try? IPv4Option(target.span, at: place, end: options.upperBound) {
            if option.number & 0x80 == 0 {
                for index in option.range { target[index] = 1 }
            }
            place = option.range.upperBound
        }
    }

    private func completeIPv6(_ target: inout MutableSpan<UInt8>, _ start: Int, _ piece: Range<Int>) {
        let fragment = start + header.headerCount
        let skipped = piece.lowerBound - payload.lowerBound
        let more: UInt16 = piece.upperBound < payload.upperBound ? 1 : 0
        target[fragment] = target[start + header.nextProtocolOffset]
        target[fragment + 1] = 0
        target.put(UInt16(truncatingIfNeeded: skipped) | more, at: fragment + 2)
        target.put(identification, at: fragment + 4)
        target[start + header.nextProtocolOffset] = IPProtocol.fragment
        let count = header.headerCount - 40 + Self.fragmentHeaderCount + piece.count
        target.put(UInt16(truncatingIfNeeded: count), at: start + 4)
    }
}
