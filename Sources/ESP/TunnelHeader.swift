internal import IPsec

/// The outer IP header of tunnel mode (RFC 4301 section 5.1.2) and congestion marks across it (RFC 6040).
struct TunnelHeader {
    var source: IPAddress
    var destination: IPAddress
    var trafficClass: UInt8
    var hopLimit = Self.hopLimit
    var dontFragment: Bool
    /// IPv4 alone.
    var identification: UInt16
    /// IPv6 alone, 20 bits.
    var flowLabel: UInt32 = 0

    /// Where the time to live of a header of our own begins.
    static let hopLimit: UInt8 = 64

    var count: Int { Self.count(source.family) }

    /// Octets of header for a family.
    static func count(_ family: AddressFamily) -> Int { family == .ipv4 ? 20 : 40 }

    /// Writes the header before a payload of `payloadCount` octets; the length must fit its field.
    @inline(always)
    func write(to packet: inout MutableSpan<UInt8>, at start: Int, payloadCount: Int, nextProtocol: UInt8) {
        switch source.family {
        case .ipv4:
            writeIPv4(to: &packet, at: start, count: payloadCount + 20, nextProtocol: nextProtocol)
        case .ipv6:
            packet.put(UInt32(6) << 28 | UInt32(trafficClass) << 20 | flowLabel, at: start)
            packet.put(UInt16(truncatingIfNeeded: payloadCount), at: start + 4)
            packet[start + 6] = nextProtocol
            packet[start + 7] = hopLimit
            packet.put(source, at: start + 8)
            packet.put(destination, at: start + 24)
        }
    }

    @inline(always)
    private func writeIPv4(
        to packet: inout MutableSpan<UInt8>, at start: Int, count: Int, nextProtocol: UInt8
    ) {
        let words = (
            0x4500_0000 | UInt32(trafficClass) << 16 | UInt32(truncatingIfNeeded: count & 0xffff),
            UInt32(identification) << 16 | (dontFragment ? 0x4000 : 0),
            UInt32(hopLimit) << 24 | UInt32(nextProtocol) << 16
        )
        let from = UInt32(truncatingIfNeeded: source.value)
        let to = UInt32(truncatingIfNeeded: destination.value)
        let sum = UInt64(words.0) + UInt64(words.1) + UInt64(words.2) + UInt64(from) + UInt64(to)
        packet.put(words.0, at: start)
        packet.put(words.1, at: start + 4)
        packet.put(words.2 | UInt32(~Self.folded(sum)), at: start + 8)
        packet.put(from, at: start + 12)
        packet.put(to, at: start + 16)
    }

    /// A sum of 32-bit words as the one's complement sum of their halves.
    @inline(always)
    private static func folded(_ sum: UInt64) -> UInt16 {
        var sum = (sum & 0xffff_ffff) + (sum >> 32)
        sum = (sum & 0xffff) + (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16)
        return UInt16(truncatingIfNeeded: (sum & 0xffff) + (sum >> 16))
    }

    /// The ECN field a decapsulated packet has: RFC 6040 section 4.2, figure 4.
    ///
    /// - Throws: `congestionMarkLost` for a mark on a packet whose transport would not see it.
    static func decapsulatedECN(inner: UInt8, outer: UInt8) throws(DropReason) -> UInt8 {
        let (notCapable, capable1, capable0, congested): (UInt8, UInt8, UInt8, UInt8) = (0, 1, 2, 3)
        switch (inner & 3, outer & 3) {
        case (notCapable, congested): throw .congestionMarkLost
        case (_, congested): return congested
        case (capable0, capable1): return capable1
        case (let inner, _): return inner
        }
    }

    /// Sets DSCP and ECN of the packet at `start`, if they differ.
    @inline(always)
    static func setTrafficClass(
        _ value: UInt8, _ header: IPHeader, in packet: inout MutableSpan<UInt8>, at start: Int
    ) {
        guard value != header.trafficClass else { return }
        switch header.family {
        case .ipv4:
            packet[start + 1] = value
            packet.putIPv4Checksum(start..<start + header.headerCount)
        case .ipv6:
            packet[start] = packet[start] & 0xf0 | value >> 4
            packet[start + 1] = packet[start + 1] & 0x0f | value << 4
        }
    }
}
