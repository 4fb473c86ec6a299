internal import IPsec

/// The IP header in front of a protected packet: one of our own, else that of the packet itself.
struct OuterHeader: Sendable {
    private enum Form: Sendable {
        case own
        case packets
        // Indirect, for it is large, and every look at the form would copy it.
        indirect case bound(BoundTunnel)
    }

    let source: IPAddress
    let destination: IPAddress
    private let form: Form
    private let rules: HeaderRules

    /// - Throws: `unsupported` for a BEET SA without its inner addresses.
    init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        source = association.source
        destination = association.id.destination
        rules = HeaderRules(association.flags)
        switch association.mode {
        case .tunnel: form = .own
        case .transport, .iptfs: form = .packets
        case .beet: form = .bound(try BoundTunnel(association))
        }
    }

    /// What of a packet is protected, and what goes in front of it.
    struct Carried {
        /// Where the protected part begins.
        let start: Int
        /// Octets of IP header, extension headers included.
        let headerCount: Int
        let family: AddressFamily
        let nextHeader: UInt8
        /// Octets of IPv4 options behind BEET's pseudo header; nil without one.
        var optionCount: Int?
    }

    /// Finds the protected part of the packet whose header is at `start`.
    @inline(always)
    func carried(
        _ inner: IPHeader, _ start: Int, _ buffer: Span<UInt8>
    ) throws(DropReason) -> Carried {
        switch form {
        case .own:
            return Carried(
                start: start, headerCount: TunnelHeader.count(source.family), family: source.family,
                nextHeader: inner.family == .ipv4 ? IPProtocol.ipv4 : IPProtocol.ipv6)
        case .packets:
            guard !inner.isFragment else { throw .fragmentInTransportMode }
            guard inner.family == source.family else { throw .selectorMismatch }
            return Carried(
                start: start + inner.headerCount, headerCount: inner.headerCount, family: inner.family,
                nextHeader: inner.nextProtocol)
        case .bound(let tunnel):
            let payload = try tunnel.payload(inner, at: start, of: buffer)
            return Carried(
                start: payload.start, headerCount: TunnelHeader.count(source.family), family: source.family,
                nextHeader: payload.nextHeader, optionCount: payload.optionCount)
        }
    }

    @inline(always)
    func trafficClass(_ inner: IPHeader) -> UInt8 {
        switch form {
        case .own: rules.outerTrafficClass(inner: inner.trafficClass)
        case .packets, .bound: inner.trafficClass
        }
    }

    @inline(always)
    func hopLimit(_ inner: IPHeader) -> UInt8 {
        switch form {
        case .own: TunnelHeader.hopLimit
        case .packets, .bound: inner.hopLimit
        }
    }

    @inline(always)
    func dontFragment(_ inner: IPHeader) -> Bool {
        switch form {
        case .own: rules.dontFragment(inner: inner.dontFragment)
        case .packets, .bound: inner.dontFragment
        }
    }

    @inline(always)
    func write(
        _ plan: Encapsulation.Plan, to buffer: inout MutableSpan<UInt8>, nextProtocol: UInt8,
        identification: UInt16
    ) {
        switch form {
        case .own:
            writeOwn(plan, to: &buffer, nextProtocol: nextProtocol, identification: identification)
        case .packets:
            buffer.move(
                plan.payload.lowerBound - plan.headerCount..<plan.payload.lowerBound,
                to: plan.packet.lowerBound)
            plan.inner.rewrite(
                in: &buffer, at: plan.packet.lowerBound, totalCount: plan.packet.count,
                nextProtocol: nextProtocol)
        case .bound:
            writeBound(plan, to: &buffer, nextProtocol: nextProtocol)
        }
    }

    @inline(always)
    private func writeOwn(
        _ plan: Encapsulation.Plan, to buffer: inout MutableSpan<UInt8>, nextProtocol: UInt8,
        identification: UInt16
    ) {
        let header = TunnelHeader(
            source: source, destination: destination, trafficClass: plan.trafficClass,
            hopLimit: plan.hopLimit, dontFragment: plan.dontFragment, identification: identification,
            flowLabel: plan.inner.flowLabel(buffer.span, at: plan.innerStart))
        header.write(
            to: &buffer, at: plan.packet.lowerBound, payloadCount: plan.packet.count - plan.headerCount,
            nextProtocol: nextProtocol)
    }

    /// All that the inner header says but its addresses goes into the outer one.
    private func writeBound(
        _ plan: Encapsulation.Plan, to buffer: inout MutableSpan<UInt8>, nextProtocol: UInt8
    ) {
        let isIPv4 = plan.inner.family == .ipv4
        writeOwn(
            plan, to: &buffer, nextProtocol: nextProtocol,
            identification: isIPv4 ? buffer.span.uint16(at: plan.innerStart + 4) : 0)
        guard let options = plan.optionCount else { return }
        PseudoHeader.write(
            to: &buffer, at: plan.payload.lowerBound, options: options,
            nextHeader: plan.inner.nextProtocol)
    }
}

extension IPHeader {
    /// What IPComp says that it carries.
    func nextHeader(in mode: EncapsulationMode) -> UInt8 {
        guard mode == .tunnel else { return nextProtocol }
        return family == .ipv4 ? IPProtocol.ipv4 : IPProtocol.ipv6
    }

    /// IPv6's flow label, of the header at `start`; 0 for IPv4.
    @inline(always)
    func flowLabel(_ buffer: Span<UInt8>, at start: Int) -> UInt32 {
        family == .ipv6 ? buffer.uint32(at: start) & 0xf_ffff : 0
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
