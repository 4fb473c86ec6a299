@testable import LinuxIO

/// Packets for these tests, and a checksum computed the slow way.
struct SamplePacket {
    enum Transport { case tcp, udp }

    var isIPv4 = true
    var transport = Transport.tcp
    var payload: [UInt8] = []
    var sequence: UInt32 = 0xffff_fff0
    var acknowledgement: UInt32 = 7
    var flags: UInt8 = 0x10
    var options: [UInt8] = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
    var identification: UInt16 = 0xfffe
    var fragmentWord: UInt16 = 0x4000
    var trafficClass: UInt8 = 0
    var hopLimit: UInt8 = 64
    var ports: (UInt16, UInt16) = (40_000, 443)
    var hasGoodChecksum = true

    private var transportCount: Int { payload.count + (transport == .tcp ? 20 + options.count : 8) }
    var headerCount: Int { octets.count - payload.count }
    var transportStart: Int { isIPv4 ? 20 : 40 }
    private var number: UInt8 { transport == .tcp ? 6 : 17 }
    private static let addresses4: [UInt8] = [10, 1, 0, 1, 10, 2, 0, 1]
    private static let addresses6 = [UInt8](repeating: 0x20, count: 16) + [UInt8](repeating: 0x30, count: 16)

    static func two(_ value: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    static func four(_ value: UInt32) -> [UInt8] {
        two(UInt16(truncatingIfNeeded: value >> 16)) + two(UInt16(truncatingIfNeeded: value))
    }

    /// RFC 1071, word by word.
    static func sum(_ octets: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: octets.count, by: 2) {
            sum += UInt32(octets[index]) << 8 | (index + 1 < octets.count ? UInt32(octets[index + 1]) : 0)
            sum = (sum & 0xffff) + (sum >> 16)
        }
        return UInt16(truncatingIfNeeded: sum)
    }

    private var addresses: [UInt8] { isIPv4 ? Self.addresses4 : Self.addresses6 }

    private var pseudoHeader: [UInt8] {
        addresses + [0, number] + Self.two(UInt16(truncatingIfNeeded: transportCount))
    }

    private var transportOctets: [UInt8] {
        let ports = Self.two(ports.0) + Self.two(ports.1)
        switch transport {
        case .udp: return ports + Self.two(UInt16(truncatingIfNeeded: transportCount)) + [0, 0] + payload
        case .tcp:
            let length = UInt8(truncatingIfNeeded: (20 + options.count) / 4) << 4
            return ports + Self.four(sequence) + Self.four(acknowledgement) + [
                length, flags, 1, 0xf5, 0, 0, 0, 0,
            ]
                + options + payload
        }
    }

    private var checksumOffset: Int { transport == .tcp ? 16 : 6 }

    private var ipHeader: [UInt8] {
        guard isIPv4 else {
            return [0x60 | trafficClass >> 4, trafficClass << 4, 0, 0]
                + Self.two(UInt16(truncatingIfNeeded: transportCount)) + [number, hopLimit] + addresses
        }
        var header: [UInt8] =
            [0x45, trafficClass] + Self.two(UInt16(truncatingIfNeeded: 20 + transportCount))
        header += Self.two(identification) + Self.two(fragmentWord) + [hopLimit, number, 0, 0] + addresses
        header.replaceSubrange(10..<12, with: Self.two(~Self.sum(header)))
        return header
    }

    /// The packet, its checksum complete.
    var octets: [UInt8] {
        var upper = transportOctets
        let checksum = ~Self.sum(pseudoHeader + upper) ^ (hasGoodChecksum ? 0 : 1)
        upper.replaceSubrange(checksumOffset..<checksumOffset + 2, with: Self.two(checksum))
        return ipHeader + upper
    }

    /// The packet as a device hands it over to be cut.
    func large(segmentSize: Int) -> (header: VirtioHeader, octets: [UInt8]) {
        var upper = transportOctets
        upper.replaceSubrange(checksumOffset..<checksumOffset + 2, with: Self.two(Self.sum(pseudoHeader)))
        var header = VirtioHeader()
        header.needsChecksum = true
        header.segmentation = transport == .udp ? .udp : isIPv4 ? .tcp4 : .tcp6
        header.headerCount = UInt16(truncatingIfNeeded: headerCount)
        header.segmentSize = UInt16(truncatingIfNeeded: segmentSize)
        header.checksumStart = UInt16(truncatingIfNeeded: transportStart)
        header.checksumOffset = UInt16(truncatingIfNeeded: checksumOffset)
        return (header, ipHeader + upper)
    }

    /// Whether IP and transport checksums of a packet of one of these kinds are right.
    static func hasGoodChecksums(_ packet: [UInt8]) -> Bool {
        let isIPv4 = packet[0] >> 4 == 4
        let start = isIPv4 ? 20 : 40
        let upper = Array(packet[start...])
        let pseudo =
            Array(packet[(isIPv4 ? 12 : 8)..<start]) + [0, packet[isIPv4 ? 9 : 6]]
            + two(UInt16(truncatingIfNeeded: upper.count))
        return (!isIPv4 || sum(Array(packet[..<20])) == 0xffff) && sum(pseudo + upper) == 0xffff
    }

    static func payload(_ count: Int, from start: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 + start) &* 31 >> 3) }
    }
}

/// Cuts a large packet.
func cut(_ header: VirtioHeader, _ octets: [UInt8]) throws -> [[UInt8]] {
    let segments = try SegmentedPacket(header, octets.span)
    return (0..<segments.count).map { index in
        var target = [UInt8](repeating: 0xee, count: 3 + segments.length(index))
        var span = target.mutableSpan
        segments.write(index, of: octets.span, to: &span, at: 3)
        return Array(target[3...])
    }
}

/// Joins packets; what leaves, and what stands in front of it.
func join(_ packets: [[UInt8]]) -> [(header: VirtioHeader, octets: [UInt8])] {
    var coalescer = Coalescer(capacity: 4)
    for (index, packet) in packets.enumerated() {
        let room: [UInt8] = [0xaa] + packet
        coalescer.add(room.span, 1..<room.count, source: index)
    }
    return (0..<coalescer.count).map { index in
        let (header, own) = coalescer.finish(index)
        var octets = coalescer.withHeaders { headers in own.map { headers[$0] } }
        coalescer.forEachPiece(index) { piece in
            octets += packets[piece.source][piece.range.lowerBound - 1..<piece.range.upperBound - 1]
        }
        return (header, octets)
    }
}
