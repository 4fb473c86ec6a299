internal import Algorithms
internal import Cryptography
internal import IPsec

/// What is written around a packet that leaves, apart from the encryption itself (RFC 4303 section 3.3).
struct Encapsulation: Sendable {
    private let outer: OuterHeader
    private let ivSize: Int
    private let icvSize: Int
    /// A power of two.
    private let alignment: Int
    /// Octets that packets are padded to, the trailer not counted; 0 for none.
    private var flowPadding: Int
    /// The same, as the SA asks for it.
    private let wantedFlowPadding: Int

    /// - Throws: `unsupported` for a BEET SA without its inner addresses.
    init(_ association: SecurityAssociation, ivSize: Int, icvSize: Int) throws(DatabaseFailure) {
        outer = try OuterHeader(association)
        wantedFlowPadding = Int(association.trafficFlowPadding)
        flowPadding = wantedFlowPadding
        self.ivSize = ivSize
        self.icvSize = icvSize
        alignment = Self.alignment(association.transform.encryption.algorithm)
    }

    /// The next header field ends on a four-octet boundary (RFC 4303 section 2.4), and a cipher's block.
    static func alignment(_ cipher: EncryptionAlgorithm) -> Int { max(cipher.blockSize, 4) }

    /// Pads to no more than `limit` octets, which is what a packet may have on its way for now.
    mutating func limitFlowPadding(to limit: Int) {
        flowPadding = min(wantedFlowPadding, max(limit, 0))
    }

    /// Where everything will be; made before anything is changed.
    struct Plan {
        let inner: IPHeader
        /// Where the inner header begins.
        let innerStart: Int
        let packet: Range<Int>
        let payload: Range<Int>
        let headerCount: Int
        let udpCount: Int
        /// Octets of zeros behind the payload that hide how long it is.
        let flowPadCount: Int
        let padCount: Int
        let nextHeader: UInt8
        let layout: PacketLayout
        /// Octets of IPv4 options that travel behind a pseudo header; nil without one.
        let optionCount: Int?
        let trafficClass: UInt8
        let hopLimit: UInt8
        let dontFragment: Bool
        let innerCount: Int

        func sealed(signal: LifetimeSignal?) -> SealedPacket {
            SealedPacket(
                packet: packet, headerCount: headerCount, esp: layout.start..<packet.upperBound,
                trafficClass: trafficClass, hopLimit: hopLimit, dontFragment: dontFragment, signal: signal)
        }
    }

    @inline(always)
    func plan(
        _ buffer: Span<UInt8>, _ range: Range<Int>, isUDP: Bool, sequenceHigh: UInt32?, isDummy: Bool = false
    ) throws(DropReason) -> Plan {
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
        let inner = try IPHeader(buffer.extracting(range))
        let carried = try outer.carried(inner, range.lowerBound, buffer)
        let payload = carried.start..<range.lowerBound + inner.totalCount
        let udpCount = isUDP ? 8 : 0
        let layoutStart = payload.lowerBound - ivSize - PacketProtection.headerSize
        let start = layoutStart - udpCount - carried.headerCount
        let flowPadCount = max(0, flowPadding - payload.count)
        let padCount = -(payload.count + flowPadCount + 2) & (alignment - 1)
        let bodyCount = payload.count + flowPadCount + padCount + 2
        let end = payload.lowerBound + bodyCount + icvSize
        guard start >= 0, end <= buffer.count else { throw .noRoom }
        guard end - start - (carried.family == .ipv4 ? 0 : 40) <= Int(UInt16.max) else { throw .tooLarge }
        return Plan(
            inner: inner, innerStart: range.lowerBound, packet: start..<end, payload: payload,
            headerCount: carried.headerCount, udpCount: udpCount, flowPadCount: flowPadCount,
            padCount: padCount, nextHeader: isDummy ? IPProtocol.none : carried.nextHeader,
            layout: PacketLayout(start: layoutStart, bodyCount: bodyCount, sequenceHigh: sequenceHigh),
            optionCount: carried.optionCount, trafficClass: outer.trafficClass(inner),
            hopLimit: outer.hopLimit(inner), dontFragment: outer.dontFragment(inner),
            innerCount: inner.totalCount)
    }

    @inline(always)
    func write(
        _ plan: Plan, to buffer: inout MutableSpan<UInt8>, spi: SPI, sequence: UInt32,
        ports: UDPEncapsulation?,
        identification: UInt16
    ) {
        let nextProtocol = ports == nil ? IPProtocol.esp : IPProtocol.udp
        outer.write(plan, to: &buffer, nextProtocol: nextProtocol, identification: identification)
        if let ports { writeUDP(ports, plan, to: &buffer) }
        buffer.put(spi.value, at: plan.layout.start)
        buffer.put(sequence, at: plan.layout.start + 4)
        writeTrailer(plan, to: &buffer)
    }

    /// The UDP header of RFC 3948 section 2.1, whose checksum is zero over IPv4, and written later over IPv6.
    private func writeUDP(_ ports: UDPEncapsulation, _ plan: Plan, to buffer: inout MutableSpan<UInt8>) {
        let start = plan.layout.start - plan.udpCount
        buffer.put(ports.sourcePort, at: start)
        buffer.put(ports.destinationPort, at: start + 2)
        buffer.put(UInt16(truncatingIfNeeded: plan.packet.upperBound - start), at: start + 4)
        buffer.put(UInt16(0), at: start + 6)
    }

    @inline(always)
    private func writeTrailer(_ plan: Plan, to buffer: inout MutableSpan<UInt8>) {
        var start = plan.payload.upperBound
        if plan.flowPadCount > 0 {
            for index in 0..<plan.flowPadCount { buffer[start + index] = 0 }
            start += plan.flowPadCount
        }
        for index in 0..<plan.padCount { buffer[start + index] = UInt8(truncatingIfNeeded: index + 1) }
        buffer[start + plan.padCount] = UInt8(truncatingIfNeeded: plan.padCount)
        buffer[start + plan.padCount + 1] = plan.nextHeader
    }
}
