internal import Algorithms
internal import Cryptography
internal import IPsec

/// What is taken off a packet that arrived, once it is decrypted (RFC 4303 section 3.4).
struct Decapsulation: Sendable {
    private let mode: EncapsulationMode
    private let rules: HeaderRules
    /// Of BEET mode alone.
    private let boundTunnel: BoundTunnel?
    private let selector: Selector?
    private let isBehindNAT: Bool

    /// - Throws: `unsupported` for a BEET SA without its inner addresses.
    init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        mode = association.mode
        rules = HeaderRules(association.flags)
        boundTunnel = mode == .beet ? try BoundTunnel(association) : nil
        selector = association.selector
        isBehindNAT = association.encapsulation != nil
    }

    /// Checks the trailer and restores the IP packet; the range of the result is inside the buffer.
    @inline(always)
    func restore(
        _ buffer: inout MutableSpan<UInt8>, _ packet: ESPPacket, _ layout: PacketLayout, ivSize: Int
    ) throws(DropReason) -> (packet: Range<Int>, flow: PacketFlow) {
        let body = layout.start + PacketProtection.headerSize + ivSize
        let trailer = try Trailer(buffer.span, body..<body + layout.bodyCount)
        guard trailer.nextHeader != IPProtocol.none else { throw .dummy }
        let payload = body..<trailer.payloadEnd
        return try restore(&buffer, payload, trailer.nextHeader, packet.outer, packet.header)
    }

    /// Restores the IP packet around an authenticated payload in the clear.
    @inline(always)
    func restore(
        _ buffer: inout MutableSpan<UInt8>, _ payload: Range<Int>, _ nextHeader: UInt8,
        _ outer: ESPPacket.Outer, _ header: ESPPacket.Header?
    ) throws(DropReason) -> (packet: Range<Int>, flow: PacketFlow) {
        let range: Range<Int>
        let inner: IPHeader
        if mode == .tunnel {
            inner = try innerPacket(&buffer, payload, nextHeader, outer)
            // Anything behind the inner packet is traffic flow confidentiality padding (RFC 4303 section 2.7).
            range = payload.lowerBound..<payload.lowerBound + inner.totalCount
        } else {
            range = try packetWithoutHeader(&buffer, payload, nextHeader, outer, header)
            inner = try Self.innerHeader(buffer.span.extracting(range))
            if mode == .transport, isBehindNAT { TransportChecksum.repair(&buffer, range) }
        }
        let flow = try Self.flow(inner, buffer.span.extracting(range))
        if let selector, !selector.selects(flow) { throw .selectorMismatch }
        return (range, flow)
    }

    @inline(always)
    private static func flow(_ header: IPHeader, _ packet: Span<UInt8>) throws(DropReason) -> PacketFlow {
        do throws(DropReason) {
            return try PacketFlow(header, packet)
        } catch {
            throw .badInnerPacket
        }
    }

    @inline(always)
    private func innerPacket(
        _ buffer: inout MutableSpan<UInt8>, _ payload: Range<Int>, _ nextHeader: UInt8,
        _ outer: ESPPacket.Outer
    ) throws(DropReason) -> IPHeader {
        let family: AddressFamily
        switch nextHeader {
        case IPProtocol.ipv4: family = .ipv4
        case IPProtocol.ipv6: family = .ipv6
        default: throw .wrongNextHeader
        }
        let header = try Self.innerHeader(buffer.span.extracting(payload))
        guard header.family == family else { throw .badInnerPacket }
        let trafficClass = try rules.innerTrafficClass(
            inner: header.trafficClass, outer: outer.trafficClass)
        TunnelHeader.setTrafficClass(trafficClass, header, in: &buffer, at: payload.lowerBound)
        return header
    }

    @inline(always)
    private static func innerHeader(_ packet: Span<UInt8>) throws(DropReason) -> IPHeader {
        do throws(DropReason) {
            return try IPHeader(packet)
        } catch {
            throw .badInnerPacket
        }
    }

    /// Gives the packet of transport or BEET mode its IP header again.
    private func packetWithoutHeader(
        _ buffer: inout MutableSpan<UInt8>, _ payload: Range<Int>, _ nextHeader: UInt8,
        _ outer: ESPPacket.Outer, _ header: ESPPacket.Header?
    ) throws(DropReason) -> Range<Int> {
        guard let boundTunnel else {
            return try transportPacket(&buffer, payload, nextHeader, outer, header)
        }
        let header = header.map { outer.tunnelHeader(buffer.span, $0) } ?? outer.tunnelHeader
        return try boundTunnel.restore(&buffer, payload, nextHeader, header)
    }

    private func transportPacket(
        _ buffer: inout MutableSpan<UInt8>, _ payload: Range<Int>, _ nextHeader: UInt8,
        _ outer: ESPPacket.Outer, _ header: ESPPacket.Header?
    ) throws(DropReason) -> Range<Int> {
        guard let header else { return try synthesized(&buffer, payload, nextHeader, outer) }
        let count = header.value.headerCount
        let start = payload.lowerBound - count
        guard start >= 0 else { throw .noRoom }
        buffer.move(header.start..<header.start + count, to: start)
        header.value.rewrite(
            in: &buffer, at: start, totalCount: payload.upperBound - start, nextProtocol: nextHeader)
        return start..<payload.upperBound
    }

    /// Writes the IP header that the kernel took off.
    private func synthesized(
        _ buffer: inout MutableSpan<UInt8>, _ payload: Range<Int>, _ nextHeader: UInt8,
        _ outer: ESPPacket.Outer
    ) throws(DropReason) -> Range<Int> {
        let start = payload.lowerBound - TunnelHeader.count(outer.source.family)
        guard start >= 0 else { throw .noRoom }
        guard outer.source.family == outer.destination.family else { throw .badInnerPacket }
        guard payload.upperBound - start <= Int(UInt16.max) else { throw .badLength }
        outer.tunnelHeader.write(
            to: &buffer, at: start, payloadCount: payload.count, nextProtocol: nextHeader)
        return start..<payload.upperBound
    }
}

/// The padding, its length and the next header at the end of a decrypted body (RFC 4303 section 2.4).
struct Trailer {
    let nextHeader: UInt8
    let payloadEnd: Int

    /// Reads a body of at least two octets.
    @inline(always)
    init(_ buffer: Span<UInt8>, _ body: Range<Int>) throws(DropReason) {
        nextHeader = buffer[body.upperBound - 1]
        let padCount = Int(buffer[body.upperBound - 2])
        guard padCount + 2 <= body.count else { throw .badPadding }
        payloadEnd = body.upperBound - 2 - padCount
        for index in 0..<padCount where Int(buffer[payloadEnd + index]) != index + 1 { throw .badPadding }
    }
}

extension ESPPacket.Outer {
    /// A header as this tells; what it does not tell is as a sender that never fragments has it.
    fileprivate var tunnelHeader: TunnelHeader {
        TunnelHeader(
            source: source, destination: destination, trafficClass: trafficClass, hopLimit: hopLimit,
            dontFragment: true, identification: 0)
    }

    /// The header that is in the buffer.
    fileprivate func tunnelHeader(_ buffer: Span<UInt8>, _ header: ESPPacket.Header) -> TunnelHeader {
        var result = tunnelHeader
        result.dontFragment = header.value.dontFragment
        result.flowLabel = header.value.flowLabel(buffer, at: header.start)
        if header.value.family == .ipv4 { result.identification = buffer.uint16(at: header.start + 4) }
        return result
    }
}
