internal import IPsec

/// What routers may change in an IP header, which AH counts as zeros (RFC 4302 section 3.3.3.1, appendix A).
///
/// A source route with stops to come is counted as it will be at its end. The fields are blanked in the packet itself while the ICV is computed, and put back afterwards.
struct MutableFields: Sendable {
    /// The header as it was; its storage serves packet after packet.
    private var saved: [UInt8] = []

    /// Blanks the fields of the header at `start`.
    ///
    /// - Throws: `truncatedHeader` for options that run out of their header, with nothing changed.
    mutating func blank(
        _ header: IPHeader, in packet: inout MutableSpan<UInt8>, at start: Int
    ) throws(DropReason) {
        save(packet.span.extracting(start..<start + header.headerCount))
        do throws(DropReason) {
            switch header.family {
            case .ipv4: try Self.blankIPv4(header, in: &packet, at: start)
            case .ipv6: try Self.blankIPv6(header, in: &packet, at: start)
            }
        } catch {
            restore(in: &packet, at: start)
            throw error
        }
    }

    /// Puts back what `blank` found.
    func restore(in packet: inout MutableSpan<UInt8>, at start: Int) {
        for index in saved.indices { packet[start + index] = saved[index] }
    }

    private mutating func save(_ header: Span<UInt8>) {
        saved.removeAll(keepingCapacity: true)
        for index in header.indices { saved.append(header[index]) }
    }

    private static func blankIPv4(
        _ header: IPHeader, in packet: inout MutableSpan<UInt8>, at start: Int
    ) throws(DropReason) {
        packet[start + 1] = 0
        packet.put(UInt16(0), at: start + 6)
        packet[start + 8] = 0
        packet.put(UInt16(0), at: start + 10)
        var offset = start + 20
        let end = start + header.headerCount
        while let option = try IPv4Option(packet.span, at: offset, end: end) {
            if let last = option.lastStop(packet.span) {
                packet.put(packet.span.uint32(at: last), at: start + 16)
            }
            if !option.isImmutable {
                for index in option.range { packet[index] = 0 }
            }
            offset = option.range.upperBound
        }
    }

    private static func blankIPv6(
        _ header: IPHeader, in packet: inout MutableSpan<UInt8>, at start: Int
    ) throws(DropReason) {
        packet.put(UInt32(6) << 28, at: start)
        packet[start + 7] = 0
        var number = packet[start + 6]
        var offset = start + 40
        let end = start + header.headerCount
        while offset < end {
            let next = offset + (Int(packet[offset + 1]) + 1) * 8
            // IPHeader has walked along the same chain.
            guard next <= end else { throw .truncatedHeader }
            if number == IPProtocol.routing {
                Self.finishRoute(&packet, offset..<next, destination: start + 24)
            } else {
                try blankOptions(&packet, offset + 2..<next)
            }
            number = packet[offset]
            offset = next
        }
    }

    /// Puts the addresses of a route where they will be at its end: each stop swaps the destination with the next.
    private static func finishRoute(
        _ packet: inout MutableSpan<UInt8>, _ header: Range<Int>, destination: Int
    ) {
        guard let route = AddressRoute(packet.span, header), route.stopsToCome > 0 else { return }
        packet[header.lowerBound + 3] = 0
        for stop in route.count - route.stopsToCome..<route.count {
            let place = header.lowerBound + 8 + 16 * stop
            let next = packet.span.address(.ipv6, at: place)
            packet.put(packet.span.address(.ipv6, at: destination), at: place)
            packet.put(next, at: destination)
        }
    }

    /// IPv6 options of which a bit says that they may change: their data alone counts as zeros.
    private static func blankOptions(
        _ packet: inout MutableSpan<UInt8>, _ range: Range<Int>
    ) throws(DropReason) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            // Pad1 has no length.
            guard packet[offset] != 0 else {
                offset += 1
                continue
            }
            guard offset + 1 < range.upperBound else { throw .truncatedHeader }
            let next = offset + 2 + Int(packet[offset + 1])
            guard next <= range.upperBound else { throw .truncatedHeader }
            if packet[offset] & 0x20 != 0 {
                for index in offset + 2..<next { packet[index] = 0 }
            }
            offset = next
        }
    }
}
