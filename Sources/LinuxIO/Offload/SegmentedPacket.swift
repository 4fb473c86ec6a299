/// A packet larger than its path, and how it is cut into segments, as a network card would have done it.
///
/// TCP: the sequence number grows by what went before, FIN and PSH are the last segment's, CWR the first's (RFC 3168
/// section 6.1.2). UDP: each datagram has a header of its own. IPv4 identifications count up. All checksums are
/// completed: what is protected must not depend on the host it is opened by.
package struct SegmentedPacket: Sendable {
    /// Why a packet cannot be cut.
    package enum Failure: Error, Hashable, Sendable {
        /// Its headers and what the device said of it do not fit together.
        case malformed
    }

    private enum Transport { case tcp, udp }

    private let transport: Transport
    private let isIPv4: Bool
    /// Where the TCP or UDP header begins.
    private let transportStart: Int
    private let checksumOffset: Int
    private let identification: UInt16
    private let sequence: UInt32
    private let flags: UInt8
    /// The sum of the pseudo-header, without the length of the segment.
    private let pseudoSum: OnesSum
    private let payloadCount: Int
    private let segmentSize: Int
    /// Octets of headers that every segment has.
    package let headerCount: Int
    /// How many segments there are; at least one.
    package let count: Int

    private enum Flag {
        static let finish: UInt8 = 0x01
        static let push: UInt8 = 0x08
        static let windowReduced: UInt8 = 0x80
    }

    /// Looks at a packet that the device says is to be cut.
    ///
    /// - Parameter packet: the IP packet, whole.
    package init(_ header: VirtioHeader, _ packet: Span<UInt8>) throws(Failure) {
        let start = Int(header.checksumStart)
        guard header.segmentation != .none, header.needsChecksum, header.segmentSize > 0, start >= 20,
            start + 8 <= packet.count, packet.count <= Int(UInt16.max) + 40
        else { throw .malformed }
        isIPv4 = packet[0] >> 4 == 4
        guard isIPv4 ? Int(packet[0] & 0x0f) * 4 == start : start >= 40 else { throw .malformed }
        transport = header.segmentation == .udp ? .udp : .tcp
        transportStart = start
        checksumOffset = start + (transport == .udp ? 6 : 16)
        headerCount = try Self.headerCount(transport, start, packet)
        guard start + Int(header.checksumOffset) == checksumOffset else { throw .malformed }
        payloadCount = packet.count - headerCount
        segmentSize = Int(header.segmentSize)
        count = max(1, (payloadCount + segmentSize - 1) / segmentSize)
        identification = isIPv4 ? packet.uint16(at: 4) : 0
        sequence = transport == .tcp ? packet.uint32(at: start + 4) : 0
        flags = transport == .tcp ? packet[start + 13] : 0
        var sum = OnesSum()
        sum.add(packet.uint16(at: checksumOffset))
        sum.subtract(UInt16(truncatingIfNeeded: packet.count - start))
        pseudoSum = sum
    }

    private static func headerCount(
        _ transport: Transport, _ start: Int, _ packet: Span<UInt8>
    ) throws(Failure) -> Int {
        guard transport == .tcp else { return start + 8 }
        guard start + 20 <= packet.count else { throw .malformed }
        let count = Int(packet[start + 12] >> 4) * 4
        guard count >= 20, start + count <= packet.count else { throw .malformed }
        return start + count
    }

    /// Octets of a segment, headers included.
    package func length(_ index: Int) -> Int {
        headerCount + min(segmentSize, payloadCount - index * segmentSize)
    }

    /// Writes segment `index` of `packet`, which is the packet this was made for, to `offset`; the room must suffice.
    package func write(
        _ index: Int, of packet: Span<UInt8>, to target: inout MutableSpan<UInt8>, at offset: Int
    ) {
        let length = length(index)
        let payload = headerCount + index * segmentSize
        target.copy(packet.extracting(0..<headerCount), to: offset)
        target.copy(
            packet.extracting(payload..<payload + length - headerCount), to: offset + headerCount)
        writeIPHeader(index, length, to: &target, at: offset)
        let start = offset + transportStart
        switch transport {
        case .tcp: writeTCP(index, to: &target, at: start)
        case .udp: target.put(UInt16(truncatingIfNeeded: length - transportStart), at: start + 4)
        }
        writeChecksum(to: &target, at: offset, length)
    }

    private func writeIPHeader(
        _ index: Int, _ length: Int, to target: inout MutableSpan<UInt8>, at offset: Int
    ) {
        guard isIPv4 else {
            target.put(UInt16(truncatingIfNeeded: length - 40), at: offset + 4)
            return
        }
        target.put(UInt16(truncatingIfNeeded: length), at: offset + 2)
        target.put(identification &+ UInt16(truncatingIfNeeded: index), at: offset + 4)
        target.putIPv4Checksum(offset..<offset + transportStart)
    }

    private func writeTCP(_ index: Int, to target: inout MutableSpan<UInt8>, at start: Int) {
        target.put(sequence &+ UInt32(truncatingIfNeeded: index * segmentSize), at: start + 4)
        var flags = flags
        if index > 0 { flags &= ~Flag.windowReduced }
        if index < count - 1 { flags &= ~(Flag.finish | Flag.push) }
        target[start + 13] = flags
    }

    private func writeChecksum(to target: inout MutableSpan<UInt8>, at offset: Int, _ length: Int) {
        let field = offset + checksumOffset
        target.put(UInt16(0), at: field)
        var sum = pseudoSum
        sum.add(UInt16(truncatingIfNeeded: length - transportStart))
        sum.add(target.span.extracting(offset + transportStart..<offset + length))
        let checksum = ~sum.value
        // For UDP zero would mean that there is none.
        target.put(checksum == 0 && transport == .udp ? 0xffff : checksum, at: field)
    }
}

extension VirtioHeader {
    /// Completes the checksum of a single packet at `range`, if the device left that to us.
    package func completeChecksum(
        in bytes: inout MutableSpan<UInt8>, _ range: Range<Int>
    ) throws(SegmentedPacket.Failure) {
        guard needsChecksum else { return }
        let start = range.lowerBound + Int(checksumStart)
        let field = start + Int(checksumOffset)
        guard field + 2 <= range.upperBound, range.upperBound <= bytes.count else { throw .malformed }
        var sum = OnesSum()
        // The field holds the sum of the pseudo-header and is summed with the rest.
        sum.add(bytes.span.extracting(start..<range.upperBound))
        let checksum = ~sum.value
        let udpField: UInt16 = 6
        bytes.put(checksum == 0 && checksumOffset == udpField ? 0xffff : checksum, at: field)
    }
}
