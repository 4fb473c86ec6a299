package import CaptureFile
internal import ESP
internal import IPsec
package import SADText

/// Opens the protected packets of a capture, one after the other, with SAs whose keys are known.
///
/// What it keeps does not grow with the capture: a window and counters for each SA, and counters for what no SA is for.
package struct PacketAudit {
    /// Layers of protection in one another.
    private static let maximumDepth = 8

    private let index: AssociationIndex
    private let ports: EncapsulationPorts
    /// Room for the packet at hand.
    private var room: [UInt8]
    private var reassembly = FragmentReassembly()
    package private(set) var totals = AuditTotals()

    package init(_ stated: [StatedAssociation], _ options: AuditOptions = AuditOptions()) {
        index = AssociationIndex(stated.map { AuditedAssociation($0, options) })
        ports = EncapsulationPorts(stated: index.statedPorts, isAny: options.looksInAnyPort)
        room = Array(repeating: 0, count: Self.headroom + 2 * Self.longestPacket)
    }

    /// The SAs in the order they were given.
    package var associations: [AuditedAssociation] { index.associations }

    /// What a packet came to.
    package struct Examination {
        /// A finding for each layer, the outermost first; empty for a packet in clear.
        package var findings: [Finding] = []
        /// The packet inside the innermost layer that was opened; nil where nothing was.
        package var opened: [UInt8]?
        /// Octets of the frame before the IP packet; nil where there is no IP packet.
        package var frame: LinkFrame?
    }

    /// Looks at one packet.
    package mutating func examine(_ packet: CapturedPacket) -> Examination {
        totals.packets += 1
        var result = Examination()
        do throws(LinkFrame.Stranger) {
            let frame = try LinkFrame(packet.bytes.span, packet.linkType)
            result.frame = frame
            examine(Array(packet.bytes[frame.headerCount...]), packet, &result)
        } catch {
            totals.note(error)
        }
        for finding in result.findings { totals.note(finding) }
        return result
    }

    // MARK: layers

    private static let headroom = PacketRoom.headroom
    /// The longest an IPv6 packet gets.
    private static let longestPacket = 65_575

    private mutating func examine(
        _ outermost: [UInt8], _ captured: CapturedPacket, _ result: inout Examination
    ) {
        var packet = outermost
        for depth in 0..<Self.maximumDepth {
            guard let finding = layer(&packet, captured, depth, &result) else { break }
            result.findings.append(finding.0)
            guard finding.wasOpened else { return }
            result.opened = packet
        }
        if result.findings.isEmpty { totals.plain += 1 }
    }

    /// Opens a layer of `packet`, which becomes the packet inside; nil where there is no layer.
    private mutating func layer(
        _ packet: inout [UInt8], _ captured: CapturedPacket, _ depth: Int, _ result: inout Examination
    ) -> (Finding, wasOpened: Bool)? {
        let count = min(packet.count, Self.longestPacket)
        let range = Self.headroom..<Self.headroom + count
        room.replaceSubrange(range, with: packet[..<count])
        let header: IPHeader
        do throws(DropReason) {
            header = try IPHeader(room.span.extracting(range), destinationOptions: .header)
        } catch {
            return headerless(packet, captured, depth, error).map { ($0, false) }
        }
        let whole = range.lowerBound..<range.lowerBound + header.totalCount
        guard !header.isFragment else { return piece(&packet, header, whole, captured, depth, &result) }
        let place = Place(captured, depth, header.source, header.destination)
        switch PacketKind(header, in: whole, of: room.span, index, ports) {
        case .plain: return nil
        case .keepalive(let ports): return (place.finding(.keepalive, ports), false)
        case .ike(let ports): return (place.finding(.ike, ports), false)
        case .malformed(let reason): return (place.finding(.malformed(reason)), false)
        case .protected(let found):
            let (sealed, inside) = open(found, whole)
            if let inside { packet = Array(room[inside]) }
            return (place.finding(.sealed(sealed), found.ports), inside != nil)
        }
    }

    /// Puts fragments together; the last one stands for the whole packet, which `packet` becomes.
    private mutating func piece(
        _ packet: inout [UInt8], _ header: IPHeader, _ range: Range<Int>, _ captured: CapturedPacket,
        _ depth: Int, _ result: inout Examination
    ) -> (Finding, wasOpened: Bool)? {
        let upper = (try? PacketFlow(room.span.extracting(range)))?.upperProtocol ?? 0
        let isProtected = SecurityProtocol(rawValue: upper) != nil
        guard isProtected || upper == PacketKind.udp else { return nil }
        let place = Place(captured, depth, header.source, header.destination)
        let fragment = Array(room[range])
        switch reassembly.take(fragment.span, now: captured.time?.instant ?? Self.beginning) {
        case .whole: return nil
        case .incomplete: return isProtected ? (place.finding(.fragment), false) : nil
        case .refused(let reason): return (place.finding(.malformed(reason)), false)
        case .complete(let octets):
            packet = octets
            return layer(&packet, captured, depth, &result)
        }
    }

    /// When packets without a time come.
    private static let beginning = Instant(nanoseconds: 0)

    /// What no IP header can be read of: cut by the snap length, or malformed.
    private mutating func headerless(
        _ packet: [UInt8], _ captured: CapturedPacket, _ depth: Int, _ reason: DropReason
    ) -> Finding? {
        guard depth == 0 else { return nil }
        let unknown = IPAddress.unspecified(.ipv4)
        let outer = OuterAddresses(packet)
        let place = Place(
            captured, depth, outer?.source ?? unknown, outer?.destination ?? unknown)
        let missing = captured.missingCount
        return place.finding(missing > 0 ? .cut(missing: missing) : .malformed(reason))
    }

    private mutating func open(
        _ packet: ProtectedPacket, _ range: Range<Int>
    ) -> (SealedFinding, Range<Int>?) {
        guard let association = index.association(for: packet) else {
            let near = index.nearMiss(packet)
            totals.noteUnknown(packet)
            let finding = SealedFinding(
                protocol: packet.protocol, spi: packet.spi, sequence: packet.sequence.map { UInt64($0) },
                verdict: .unknown(near))
            return (finding, nil)
        }
        return association.examine(packet, in: range, of: &room)
    }
}

/// Where a finding is.
private struct Place {
    private let captured: CapturedPacket
    private let depth: Int
    private let source: IPAddress
    private let destination: IPAddress

    init(_ captured: CapturedPacket, _ depth: Int, _ source: IPAddress, _ destination: IPAddress) {
        (self.captured, self.depth) = (captured, depth)
        (self.source, self.destination) = (source, destination)
    }

    func finding(_ what: Finding.What, _ ports: PacketFlow.Ports? = nil) -> Finding {
        Finding(
            record: captured.record, time: captured.time, depth: depth, source: source,
            destination: destination, ports: ports, what: what)
    }
}

/// The addresses of an IP header whose packet is not whole.
private struct OuterAddresses {
    let source: IPAddress
    let destination: IPAddress

    init?(_ packet: [UInt8]) {
        let isIPv6 = (packet.first ?? 0) >> 4 == 6
        let (start, count) = isIPv6 ? (8, 16) : (12, 4)
        guard packet.count >= start + 2 * count,
            let source = IPAddress(bytes: packet[start..<start + count]),
            let destination = IPAddress(bytes: packet[start + count..<start + 2 * count])
        else { return nil }
        (self.source, self.destination) = (source, destination)
    }
}

extension CaptureTime {
    /// For waiting a time between packets.
    fileprivate var instant: Instant {
        Instant(nanoseconds: seconds &* 1_000_000_000 &+ Int64(nanoseconds))
    }
}
