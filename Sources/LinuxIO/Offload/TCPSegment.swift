import Glibc

/// What joining looks at in a TCP segment: IPv4 without options or IPv6 without extension headers, and no fragment.
struct TCPSegment {
    private enum Flag {
        static let push: UInt8 = 0x08
        static let acknowledgement: UInt8 = 0x10
        static let congestionEcho: UInt8 = 0x40
    }

    let isIPv4: Bool
    /// Where the TCP header begins.
    let transportStart: Int
    /// Octets of headers.
    let headerCount: Int
    let payloadCount: Int
    let sequence: UInt32
    private let flags: UInt8

    /// Reads a whole packet; nil if it is something else.
    init?(_ packet: Span<UInt8>) {
        guard packet.count >= 40 else { return nil }
        let tcp: UInt8 = 6
        switch packet[0] {
        case 0x45:
            guard packet[9] == tcp, packet.uint16(at: 6) & 0x3fff == 0,
                Int(packet.uint16(at: 2)) == packet.count
            else { return nil }
            isIPv4 = true
            transportStart = 20
        case 0x60...0x6f:
            guard packet[6] == tcp, Int(packet.uint16(at: 4)) == packet.count - 40, packet.count >= 60 else {
                return nil
            }
            isIPv4 = false
            transportStart = 40
        default: return nil
        }
        let count = Int(packet[transportStart + 12] >> 4) * 4
        guard count >= 20, transportStart + count <= packet.count else { return nil }
        headerCount = transportStart + count
        payloadCount = packet.count - headerCount
        sequence = packet.uint32(at: transportStart + 4)
        flags = packet[transportStart + 13]
    }

    /// Whether it asks that what it brings is handed on at once.
    var hasPush: Bool { flags & Flag.push != 0 }

    /// Whether it carries data and does nothing else.
    var mayBeJoined: Bool {
        payloadCount > 0 && flags & ~(Flag.push | Flag.congestionEcho) == Flag.acknowledgement
    }

    /// Whether addresses, ports and IP version are those of the header at `base` of `headers`.
    func isOfFlow(_ headers: Span<UInt8>, at base: Int, in packet: Span<UInt8>) -> Bool {
        guard headers[base] == packet[0] else { return false }
        return Self.agree(headers, base, packet, (isIPv4 ? 12 : 8)..<transportStart + 4)
    }

    /// Whether it may follow packets with that header, as long as its own, in one packet.
    ///
    /// Everything agrees but what counts up, and PSH.
    func agrees(_ headers: Span<UInt8>, at base: Int, in packet: Span<UInt8>) -> Bool {
        func agree(_ range: Range<Int>) -> Bool { Self.agree(headers, base, packet, range) }
        let start = transportStart
        // DSCP and ECN, DF, hop limit; then acknowledgement and length, flags, window, urgent pointer and options.
        return agree(0..<(isIPv4 ? 2 : 4)) && agree(isIPv4 ? 6..<10 : 6..<8) && agree(start + 8..<start + 13)
            && (headers[base + start + 13] ^ packet[start + 13]) & ~Flag.push == 0
            && agree(start + 14..<start + 16) && agree(start + 18..<headerCount)
    }

    /// Whether its IPv4 identification is the one that the `count`th packet after that header gets when it is cut again.
    ///
    /// Where DF is set it says nothing (RFC 6864 section 4.1).
    func hasIdentification(
        _ count: Int, after headers: Span<UInt8>, at base: Int, in packet: Span<UInt8>
    ) -> Bool {
        guard isIPv4, packet[6] & 0x40 == 0 else { return true }
        return packet.uint16(at: 4) == headers.uint16(at: base + 4) &+ UInt16(truncatingIfNeeded: count)
    }

    func hasGoodChecksum(_ packet: Span<UInt8>) -> Bool {
        var sum = pseudoHeaderSum(packet, at: 0, transportCount: packet.count - transportStart)
        sum.add(packet.extracting(transportStart..<packet.count))
        return sum.value == 0xffff
    }

    /// The sum of the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1).
    private func pseudoHeaderSum(_ bytes: Span<UInt8>, at base: Int, transportCount: Int) -> OnesSum {
        let tcp: UInt16 = 6
        var sum = OnesSum()
        sum.add(bytes.extracting(base + (isIPv4 ? 12 : 8)..<base + transportStart))
        sum.add(tcp)
        sum.add(UInt16(truncatingIfNeeded: transportCount))
        return sum
    }

    /// Makes its header, a copy at `base`, that of a packet of `totalCount` octets whose checksum the device completes.
    func finish(_ headers: inout MutableSpan<UInt8>, at base: Int, totalCount: Int, hasPush: Bool) {
        if isIPv4 {
            headers.put(UInt16(truncatingIfNeeded: totalCount), at: base + 2)
            headers.putIPv4Checksum(base..<base + 20)
        } else {
            headers.put(UInt16(truncatingIfNeeded: totalCount - 40), at: base + 4)
        }
        if hasPush { headers[base + transportStart + 13] |= Flag.push }
        let sum = pseudoHeaderSum(headers.span, at: base, transportCount: totalCount - transportStart)
        headers.put(sum.value, at: base + transportStart + 16)
    }

    private static func agree(
        _ headers: Span<UInt8>, _ base: Int, _ packet: Span<UInt8>, _ range: Range<Int>
    ) -> Bool {
        unsafe headers.extracting(base + range.lowerBound..<base + range.upperBound).withUnsafeBytes { left in
            unsafe packet.extracting(range).withUnsafeBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return unsafe memcmp(first, second, range.count) == 0
            }
        }
    }
}
