internal import IPsec

/// One option of an IPv4 header.
struct IPv4Option {
    let number: UInt8
    let range: Range<Int>

    /// Those that no router changes (RFC 4302 appendix A1): padding, the security options, router alert and
    /// directed delivery.
    private static let immutable: Set<UInt8> = [0, 1, 130, 133, 134, 148, 149]

    /// Loose and strict.
    private static let sourceRoutes: Set<UInt8> = [131, 137]

    var isImmutable: Bool { Self.immutable.contains(number) }

    /// Where the final destination is in a source route with stops to come; nil for all else.
    func lastStop(_ packet: Span<UInt8>) -> Int? {
        guard Self.sourceRoutes.contains(number), range.count >= 7 else { return nil }
        // The pointer counts from one and stands behind the option once the route is at its end.
        guard Int(packet[range.lowerBound + 2]) <= range.count else { return nil }
        return range.upperBound - 4
    }

    /// The option at `offset`; nil at the end of the list.
    init?(_ packet: Span<UInt8>, at offset: Int, end: Int) throws(DropReason) {
        guard offset < end, packet[offset] != 0 else { return nil }
        number = packet[offset]
        guard number != 1 else {
            range = offset..<offset + 1
            return
        }
        guard offset + 1 < end else { throw .truncatedHeader }
        let count = Int(packet[offset + 1])
        guard count >= 2, offset + count <= end else { throw .truncatedHeader }
        range = offset..<offset + count
    }
}

/// A routing header that is a list of addresses: type 0 (RFC 2460 section 4.4) or Mobile IPv6's type 2.
struct AddressRoute {
    let count: Int
    let stopsToCome: Int

    /// nil for a routing header of another type or whose numbers contradict each other.
    init?(_ packet: Span<UInt8>, _ header: Range<Int>) {
        let start = header.lowerBound
        guard packet[start + 2] == 0 || packet[start + 2] == 2 else { return nil }
        count = (header.count - 8) / 16
        stopsToCome = Int(packet[start + 3])
        guard stopsToCome <= count else { return nil }
    }
}

extension IPHeader {
    /// Whether routers will change the packet in a way that cannot be foreseen here.
    ///
    /// - Parameter packet: begins with this header.
    func hasUnknownRoute(_ packet: Span<UInt8>) -> Bool {
        guard family == .ipv6 else { return false }
        var number = packet[6]
        var offset = 40
        while offset < headerCount {
            let next = offset + (Int(packet[offset + 1]) + 1) * 8
            if number == IPProtocol.routing, packet[offset + 3] > 0,
                AddressRoute(packet, offset..<next) == nil
            {
                return true
            }
            number = packet[offset]
            offset = next
        }
        return false
    }
}
