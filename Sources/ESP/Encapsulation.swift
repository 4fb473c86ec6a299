internal import Algorithms
internal import Cryptography
internal import IPsec

/// What is written around a packet that leaves, apart from the encryption itself (RFC 4303 section 3.3).
struct Encapsulation: Sendable {
    private let mode: EncapsulationMode
    private let source: IPAddress
    private let destination: IPAddress
    private let ivSize: Int
    private let icvSize: Int
    private let alignment: Int

    init(_ association: SecurityAssociation, ivSize: Int, icvSize: Int) {
        mode = association.mode
        source = association.source
        destination = association.id.destination
        self.ivSize = ivSize
        self.icvSize = icvSize
        alignment = Self.alignment(association.transform.encryption.algorithm)
    }

    /// The next header field ends on a four-octet boundary (RFC 4303 section 2.4), and a cipher's block.
    static func alignment(_ cipher: EncryptionAlgorithm) -> Int { max(cipher.blockSize, 4) }

    /// Where everything will be; made before anything is changed.
    struct Plan {
        let inner: IPHeader
        let packet: Range<Int>
        let payload: Range<Int>
        let headerCount: Int
        let udpCount: Int
        let padCount: Int
        let nextHeader: UInt8
        let layout: PacketLayout
        let trafficClass: UInt8
        let dontFragment: Bool
        let innerCount: Int

        func sealed(signal: LifetimeSignal?) -> SealedPacket {
            SealedPacket(
                packet: packet, headerCount: headerCount, esp: layout.start..<packet.upperBound,
                trafficClass: trafficClass, dontFragment: dontFragment, signal: signal)
        }
    }

    @inline(__always)
    func plan(
        _ buffer: Span<UInt8>, _ range: Range<Int>, isUDP: Bool, sequenceHigh: UInt32?
    ) throws(DropReason) -> Plan {
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
        let inner = try IPHeader(buffer.extracting(range))
        let isTunnel = mode == .tunnel
        guard isTunnel || !inner.isFragment else { throw .fragmentInTransportMode }
        let headerCount = isTunnel ? TunnelHeader.count(source.family) : inner.headerCount
        let payload =
            range.lowerBound + (isTunnel ? 0 : inner.headerCount)..<range.lowerBound + inner.totalCount
        let udpCount = isUDP ? 8 : 0
        let layoutStart = payload.lowerBound - ivSize - PacketProtection.headerSize
        let start = layoutStart - udpCount - headerCount
        let padCount = (alignment - (payload.count + 2) % alignment) % alignment
        let end = payload.upperBound + padCount + 2 + icvSize
        guard start >= 0, end <= buffer.count else { throw .noRoom }
        let isIPv4 = isTunnel ? source.family == .ipv4 : inner.family == .ipv4
        guard end - start - (isIPv4 ? 0 : 40) <= Int(UInt16.max) else { throw .tooLarge }
        return Plan(
            inner: inner, packet: start..<end, payload: payload, headerCount: headerCount, udpCount: udpCount,
            padCount: padCount, nextHeader: inner.nextHeader(in: mode),
            layout: PacketLayout(
                start: layoutStart, bodyCount: payload.count + padCount + 2, sequenceHigh: sequenceHigh),
            trafficClass: inner.trafficClass, dontFragment: inner.dontFragment, innerCount: inner.totalCount)
    }

    @inline(__always)
    func write(
        _ plan: Plan, to buffer: inout MutableSpan<UInt8>, spi: SPI, sequence: UInt32,
        ports: UDPEncapsulation?,
        identification: UInt16
    ) {
        let nextProtocol = ports == nil ? IPProtocol.esp : IPProtocol.udp
        let outer = OuterHeader(mode: mode, source: source, destination: destination)
        outer.write(plan, to: &buffer, nextProtocol: nextProtocol, identification: identification)
        if let ports { writeUDP(ports, plan, to: &buffer) }
        buffer.put(spi.value, at: plan.layout.start)
        buffer.put(sequence, at: plan.layout.start + 4)
        writeTrailer(plan, to: &buffer)
    }

    /// The UDP header of RFC 3948 section 2.1, whose checksum is zero.
    private func writeUDP(_ ports: UDPEncapsulation, _ plan: Plan, to buffer: inout MutableSpan<UInt8>) {
        let start = plan.layout.start - plan.udpCount
        buffer.put(ports.sourcePort, at: start)
        buffer.put(ports.destinationPort, at: start + 2)
        buffer.put(UInt16(truncatingIfNeeded: plan.packet.upperBound - start), at: start + 4)
        buffer.put(UInt16(0), at: start + 6)
    }

    @inline(__always)
    private func writeTrailer(_ plan: Plan, to buffer: inout MutableSpan<UInt8>) {
        let start = plan.payload.upperBound
        for index in 0..<plan.padCount { buffer[start + index] = UInt8(truncatingIfNeeded: index + 1) }
        buffer[start + plan.padCount] = UInt8(truncatingIfNeeded: plan.padCount)
        buffer[start + plan.padCount + 1] = plan.nextHeader
    }
}

/// The IP header in front of a protected packet: one of our own in tunnel mode, else that of the packet itself.
struct OuterHeader {
    let mode: EncapsulationMode
    let source: IPAddress
    let destination: IPAddress

    @inline(__always)
    func write(
        _ plan: Encapsulation.Plan, to buffer: inout MutableSpan<UInt8>, nextProtocol: UInt8,
        identification: UInt16
    ) {
        if mode == .tunnel {
            let header = TunnelHeader(
                source: source, destination: destination, trafficClass: plan.trafficClass,
                dontFragment: plan.dontFragment, identification: identification)
            header.write(
                to: &buffer, at: plan.packet.lowerBound, payloadCount: plan.packet.count - plan.headerCount,
                nextProtocol: nextProtocol)
        } else {
            buffer.move(
                plan.payload.lowerBound - plan.headerCount..<plan.payload.lowerBound,
                to: plan.packet.lowerBound)
            plan.inner.rewrite(
                in: &buffer, at: plan.packet.lowerBound, totalCount: plan.packet.count,
                nextProtocol: nextProtocol)
        }
    }
}

extension IPHeader {
    /// What ESP and AH say that they carry.
    func nextHeader(in mode: EncapsulationMode) -> UInt8 {
        guard mode == .tunnel else { return nextProtocol }
        return family == .ipv4 ? IPProtocol.ipv4 : IPProtocol.ipv6
    }

    /// Changes what follows the header, and the lengths, in a copy of it at `start`.
    func rewrite(in buffer: inout MutableSpan<UInt8>, at start: Int, totalCount: Int, nextProtocol: UInt8) {
        buffer[start + nextProtocolOffset] = nextProtocol
        switch family {
        case .ipv4:
            buffer.put(UInt16(truncatingIfNeeded: totalCount), at: start + 2)
            buffer.putIPv4Checksum(start..<start + headerCount)
        case .ipv6:
            buffer.put(UInt16(truncatingIfNeeded: totalCount - 40), at: start + 4)
        }
    }
}
