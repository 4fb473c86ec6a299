internal import Algorithms
internal import Compression
package import Cryptography
package import IPsec

/// One outbound IPComp association at work; it belongs to one thread at a time (RFC 3173 section 2, RFC 2394).
///
/// It works as `OutboundSA` does. A packet that is small or would not shrink leaves without IPComp: in transport
/// mode as it was, in tunnel mode as IP in IP, as Linux sends and expects it.
package struct OutboundIPCompSA: ~Copyable, Sendable {
    /// Octets before the packet: an IPv6 header and IPComp's own.
    package static let headroom = 44
    /// Payloads below this many octets are not compressed (RFC 2394 section 3).
    package static let threshold = 90

    /// What never changes while it lives.
    package let association: SecurityAssociation
    private var compressor = DeflateCompressor()
    private var patience = CompressionPatience()
    private var identification: UInt16
    private var watch: LifetimeWatch

    /// Prepares the compression.
    ///
    /// - Parameter random: For the first identification of outer IPv4 headers.
    /// - Throws: `unsupported` with a sentence, for what this engine does not do.
    package init(_ association: SecurityAssociation, random: inout some RandomSource) throws(DatabaseFailure)
    {
        try association.requireDeflate()
        self.association = association
        identification = UInt16(truncatingIfNeeded: random.uint32())
        watch = LifetimeWatch(association)
    }

    /// What it has carried: IP packets before compression.
    package var usage: SecurityAssociationUsage { watch.usage }

    /// Compresses the IP packet in `packet`, in place, if that makes it smaller.
    ///
    /// - Throws: Why not; the packet may have been changed.
    package mutating func seal(
        _ buffer: inout MutableSpan<UInt8>, packet: Range<Int>
    ) throws(DropReason) -> SealedPacket {
        try watch.requireTimeLeft()
        let plan = try CompressionPlan(buffer.span, packet, association)
        if plan.needsOuterHeader, packet.lowerBound < Self.headroom { throw .noRoom }
        let compressed = compress(plan, &buffer)
        identification &+= 1
        let sealed =
            if let compressed {
                try writeCompressed(plan, &buffer, count: compressed)
            } else {
                try writePlain(plan, &buffer)
            }
        return plan.sealed(sealed, signal: watch.count(plan.inner.totalCount))
    }

    /// Puts compressed octets behind where IPComp's header goes; nil if the packet is better left as it is.
    private mutating func compress(_ plan: CompressionPlan, _ buffer: inout MutableSpan<UInt8>) -> Int? {
        guard plan.isCompressible, plan.payload.count >= Self.threshold, patience.isWorthTrying() else {
            return nil
        }
        // Header and compressed payload together must be smaller than the payload (RFC 3173 section 2.2).
        let limit = plan.payload.count - IPCompPacket.headerCount - 1
        let target = plan.payload.lowerBound + IPCompPacket.headerCount
        let count = compressor.compress(&buffer, plan.payload, to: target, limit: limit)
        if count == nil { patience.noteFailure() } else { patience.noteSuccess() }
        return count
    }

    /// Writes the headers before `count` compressed octets.
    private func writeCompressed(
        _ plan: CompressionPlan, _ buffer: inout MutableSpan<UInt8>, count: Int
    ) throws(DropReason) -> Range<Int> {
        let start = plan.payload.lowerBound
        buffer[start] = plan.inner.nextHeader(in: association.mode)
        buffer[start + 1] = 0
        buffer.put(UInt16(truncatingIfNeeded: association.id.spi.value), at: start + 2)
        let payload = start..<start + IPCompPacket.headerCount + count
        return try writeHeader(plan, &buffer, payload, nextProtocol: IPProtocol.ipcomp)
    }

    private func writePlain(
        _ plan: CompressionPlan, _ buffer: inout MutableSpan<UInt8>
    ) throws(DropReason) -> Range<Int> {
        guard plan.needsOuterHeader else { return plan.packet }
        return try writeHeader(
            plan, &buffer, plan.payload, nextProtocol: plan.inner.nextHeader(in: association.mode))
    }

    /// Writes the header before `payload`, or corrects that of the packet itself.
    private func writeHeader(
        _ plan: CompressionPlan, _ buffer: inout MutableSpan<UInt8>, _ payload: Range<Int>,
        nextProtocol: UInt8
    ) throws(DropReason) -> Range<Int> {
        guard plan.needsOuterHeader else {
            let whole = plan.packet.lowerBound..<payload.upperBound
            plan.inner.rewrite(
                in: &buffer, at: whole.lowerBound, totalCount: whole.count, nextProtocol: nextProtocol)
            return whole
        }
        let whole = payload.lowerBound - TunnelHeader.count(association.source.family)..<payload.upperBound
        guard payload.count <= Int(UInt16.max) - 20 else { throw .tooLarge }
        let header = TunnelHeader(
            source: association.source, destination: association.id.destination,
            trafficClass: plan.trafficClass, dontFragment: plan.dontFragment,
            identification: identification,
            flowLabel: plan.flowLabel)
        header.write(
            to: &buffer, at: whole.lowerBound, payloadCount: payload.count, nextProtocol: nextProtocol)
        return whole
    }
}

/// What is to be compressed of a packet that leaves, and what is written around it.
private struct CompressionPlan {
    let inner: IPHeader
    /// The IP packet without what a link appended.
    let packet: Range<Int>
    /// The octets to compress: all of the packet in tunnel mode.
    let payload: Range<Int>
    let mode: EncapsulationMode
    let trafficClass: UInt8
    let dontFragment: Bool
    /// Read before the compressed octets are written over it.
    let flowLabel: UInt32
    /// Fragments are not compressed by themselves (RFC 3173 section 2.1).
    let isCompressible: Bool

    var needsOuterHeader: Bool { mode == .tunnel }

    init(
        _ buffer: Span<UInt8>, _ range: Range<Int>, _ association: SecurityAssociation
    ) throws(DropReason) {
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
        inner = try IPHeader(buffer.extracting(range))
        packet = range.lowerBound..<range.lowerBound + inner.totalCount
        payload =
            packet.lowerBound + (association.mode == .tunnel ? 0 : inner.headerCount)..<packet.upperBound
        flowLabel = inner.flowLabel(buffer, at: packet.lowerBound)
        mode = association.mode
        let rules = HeaderRules(association.flags)
        trafficClass =
            mode == .tunnel
            ? rules.outerTrafficClass(inner: inner.trafficClass) : inner.trafficClass
        dontFragment = mode == .tunnel ? rules.dontFragment(inner: inner.dontFragment) : inner.dontFragment
        isCompressible = mode == .tunnel || !inner.isFragment
    }

    func sealed(_ packet: Range<Int>, signal: LifetimeSignal?) -> SealedPacket {
        let headerCount = needsOuterHeader ? payload.lowerBound - packet.lowerBound : inner.headerCount
        return SealedPacket(
            packet: packet, headerCount: headerCount,
            esp: packet.lowerBound + headerCount..<packet.upperBound,
            trafficClass: trafficClass,
            hopLimit: needsOuterHeader ? TunnelHeader.hopLimit : inner.hopLimit, dontFragment: dontFragment,
            signal: signal)
    }
}

extension SecurityAssociation {
    /// Refuses what is not IPComp with DEFLATE.
    func requireDeflate() throws(DatabaseFailure) {
        guard id.protocol == .ipcomp else { throw refusedCompression("protocol \(id.protocol)") }
        guard compression == .deflate else {
            throw refusedCompression("\(compression.map(\.name) ?? "no compression"); only deflate is done")
        }
        guard mode == .transport || mode == .tunnel else { throw refusedCompression("mode \(mode.rawValue)") }
        guard id.spi.value <= UInt32(UInt16.max) else {
            throw refusedCompression("a CPI above 0xffff, as it has 16 bits")
        }
        guard encapsulation == nil else { throw refusedCompression("UDP encapsulation") }
        guard source.family == id.destination.family else {
            throw refusedCompression("\(source) to \(id.destination)")
        }
    }

    private func refusedCompression(_ found: String) -> DatabaseFailure {
        DatabaseFailure(.unsupported, "The IPComp engine cannot use SA \(id): \(found).")
    }
}
