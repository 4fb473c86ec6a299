internal import Algorithms
package import Cryptography
package import IPsec
internal import KeyMaterial

/// One outbound AH security association at work; it belongs to one thread at a time (RFC 4302 section 3.3).
///
/// Its transform has the null cipher and an integrity algorithm. It works as `OutboundSA` does, in buffers with
/// `headroom` octets before the packet and none behind.
package struct OutboundAHSA: ~Copyable, Sendable {
    /// Octets before the packet: an IPv6 header and the longest authentication header.
    package static let headroom = 88

    /// What never changes while it lives.
    package let association: SecurityAssociation
    private var authentication: PacketAuthentication
    private var fields = MutableFields()
    private var numbers: SequenceCounter
    private var identification: UInt16
    private var watch: LifetimeWatch
    private let alignment: AHAlignment
    private let outer: OuterHeader

    /// Keys the integrity algorithm.
    ///
    /// - Parameter random: For the first identification of outer IPv4 headers.
    /// - Throws: `unsupported` with a sentence, for what this engine does not do.
    package init(
        _ association: SecurityAssociation, random: inout some RandomSource
    ) throws(DatabaseFailure) {
        // All that may fail comes first.
        let outer = try OuterHeader(association)
        let authentication = try association.packetAuthentication()
        self.association = association
        self.outer = outer
        self.authentication = authentication
        numbers = SequenceCounter(association)
        alignment = AHAlignment(association)
        identification = UInt16(truncatingIfNeeded: random.uint32())
        watch = LifetimeWatch(association)
    }

    /// What it has carried: IP packets before encapsulation.
    package var usage: SecurityAssociationUsage { watch.usage }

    /// Authenticates the IP packet in `packet`, in place; `esp` of the result is the header with its payload.
    ///
    /// - Throws: Why not; the packet may have been changed, the SA not.
    package mutating func seal(
        _ buffer: inout MutableSpan<UInt8>, packet: Range<Int>
    ) throws(DropReason) -> SealedPacket {
        try watch.requireTimeLeft()
        let sequence = try numbers.next()
        let plan = try plan(buffer.span, packet)
        identification &+= 1
        outer.write(plan, to: &buffer, nextProtocol: IPProtocol.ah, identification: identification)
        numbers.use(sequence)
        writeHeader(plan, to: &buffer)
        try sign(plan, &buffer)
        return plan.sealed(signal: watch.count(plan.innerCount))
    }

    private func plan(
        _ buffer: Span<UInt8>, _ range: Range<Int>
    ) throws(DropReason) -> Encapsulation.Plan {
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
        let packet = buffer.extracting(range)
        let inner = try IPHeader(packet)
        let carried = try outer.carried(inner, range.lowerBound, buffer)
        if association.mode == .transport, inner.hasUnknownRoute(packet) { throw .sourceRouted }
        let payload = carried.start..<range.lowerBound + inner.totalCount
        let count = alignment.headerCount(icvSize: authentication.icvSize, family: carried.family)
        let start = payload.lowerBound - count
        let whole = start - carried.headerCount..<payload.upperBound
        guard whole.lowerBound >= 0 else { throw .noRoom }
        guard whole.count - (carried.family == .ipv4 ? 0 : 40) <= Int(UInt16.max) else { throw .tooLarge }
        return Encapsulation.Plan(
            inner: inner, innerStart: range.lowerBound, packet: whole, payload: payload,
            headerCount: carried.headerCount, udpCount: 0, flowPadCount: 0, padCount: 0,
            nextHeader: carried.nextHeader, layout: PacketLayout(start: start, bodyCount: payload.count),
            optionCount: nil, trafficClass: outer.trafficClass(inner), hopLimit: outer.hopLimit(inner),
            dontFragment: outer.dontFragment(inner), innerCount: inner.totalCount)
    }

    private func writeHeader(_ plan: Encapsulation.Plan, to buffer: inout MutableSpan<UInt8>) {
        let start = plan.layout.start
        let count = plan.payload.lowerBound - start
        buffer[start] = plan.nextHeader
        buffer[start + 1] = UInt8(truncatingIfNeeded: count / 4 - 2)
        buffer.put(UInt16(0), at: start + 2)
        buffer.put(association.id.spi.value, at: start + 4)
        buffer.put(UInt32(truncatingIfNeeded: numbers.last), at: start + 8)
        for index in start + AHPacket.fixedCount..<start + count { buffer[index] = 0 }
    }

    private mutating func sign(
        _ plan: Encapsulation.Plan, _ buffer: inout MutableSpan<UInt8>
    ) throws(DropReason) {
        let start = plan.packet.lowerBound
        let header = try IPHeader(buffer.span.extracting(plan.packet))
        try fields.blank(header, in: &buffer, at: start)
        authentication.sign(
            &buffer, plan.packet, icv: plan.layout.start + AHPacket.fixedCount,
            sequenceHigh: numbers.high(numbers.last))
        fields.restore(in: &buffer, at: start)
    }
}

extension SecurityAssociation {
    /// The integrity algorithm of AH, keyed, after a check that this engine does all that is asked.
    func packetAuthentication() throws(DatabaseFailure) -> PacketAuthentication {
        guard id.protocol == .ah else { throw refusedAH("protocol \(id.protocol)") }
        guard mode == .tunnel || mode == .transport else {
            throw refusedAH("\(mode.rawValue.uppercased()) mode")
        }
        guard encapsulation == nil else { throw refusedAH("UDP encapsulation") }
        guard source.family == id.destination.family else {
            throw refusedAH("\(source) to \(id.destination)")
        }
        guard transform.encryption.algorithm == .null else { throw refusedAH("\(transform.encryption)") }
        guard let integrity = transform.integrity, let key = transform.integrityKey else {
            throw refusedAH("no integrity algorithm")
        }
        do throws(CipherFailure) {
            return try PacketAuthentication(integrity, key: key)
        } catch {
            throw refusedAH(error.description)
        }
    }

    private func refusedAH(_ found: String) -> DatabaseFailure {
        DatabaseFailure(.unsupported, "The AH engine cannot use SA \(id): \(found).")
    }
}
