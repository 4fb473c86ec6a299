internal import IPsec

/// What has come so far of a packet that was cut into fragments.
struct PartialPacket: Sendable {
    let since: Instant
    /// The header without fragmentation; empty before the first fragment.
    private var header: [UInt8] = []
    private var payload: [UInt8] = []
    /// The octets that have come, in order, none touching another.
    private var received: [Range<Int>] = []
    /// Octets of payload; known from the last fragment.
    private var total: Int?
    private var isCongested = false
    /// Fragments of it contradicted each other; what still comes is refused too (RFC 5722 section 4).
    private(set) var isRefused = false

    init(since: Instant) {
        self.since = since
    }

    /// Takes one more fragment.
    ///
    /// - Returns: The packet, if it is whole now.
    /// - Throws: `overlappingFragments` or `badFragment`, with all of the packet given up.
    mutating func take(
        _ fragment: Fragment, _ ip: IPHeader, _ packet: Span<UInt8>
    ) throws(DropReason) -> [UInt8]? {
        do throws(DropReason) {
            guard try enter(fragment, packet) else { return nil }
            if fragment.offset == 0 { header = ip.unfragmented(packet, fragment) }
            if ip.trafficClass & 3 == 3 { isCongested = true }
            return try whole()
        } catch {
            self = PartialPacket(since: since)
            isRefused = true
            throw error
        }
    }

    /// Notes the octets of a fragment; false if it is one that has come before.
    private mutating func enter(_ fragment: Fragment, _ packet: Span<UInt8>) throws(DropReason) -> Bool {
        guard !isRefused else { throw .overlappingFragments }
        let place = fragment.place
        if fragment.isLast {
            guard total == nil || total == place.upperBound, payload.count <= place.upperBound else {
                throw .badFragment
            }
            total = place.upperBound
        }
        guard place.upperBound <= total ?? .max else { throw .badFragment }
        if received.contains(where: { $0.overlaps(place) }) {
            // The network may send a fragment twice; another with the same place is an attack (RFC 8200 section 4.5).
            guard isRepeated(fragment, packet) else { throw .overlappingFragments }
            return false
        }
        if payload.count < place.upperBound {
            payload.append(contentsOf: repeatElement(0, count: place.upperBound - payload.count))
        }
        for step in 0..<place.count {
            payload[place.lowerBound + step] = packet[fragment.payload.lowerBound + step]
        }
        join(place)
        return true
    }

    private func isRepeated(_ fragment: Fragment, _ packet: Span<UInt8>) -> Bool {
        let place = fragment.place
        guard
            received.contains(where: {
                $0.lowerBound <= place.lowerBound && place.upperBound <= $0.upperBound
            })
        else { return false }
        return (0..<place.count).allSatisfy { step in
            payload[place.lowerBound + step] == packet[fragment.payload.lowerBound + step]
        }
    }

    private mutating func join(_ place: Range<Int>) {
        var joined = place
        received.removeAll { range in
            guard range.upperBound == joined.lowerBound || range.lowerBound == joined.upperBound else {
                return false
            }
            joined = min(range.lowerBound, joined.lowerBound)..<max(range.upperBound, joined.upperBound)
            return true
        }
        received.append(joined)
    }

    private func whole() throws(DropReason) -> [UInt8]? {
        guard let total, received == [0..<total], !header.isEmpty else { return nil }
        var packet = header + payload
        let isIPv4 = packet[0] >> 4 == 4
        let length = isIPv4 ? packet.count : packet.count - 40
        guard length <= Int(UInt16.max) else { throw .badFragment }
        var span = packet.mutableSpan
        span.put(UInt16(truncatingIfNeeded: length), at: isIPv4 ? 2 : 4)
        try markCongestion(&span, isIPv4: isIPv4)
        if isIPv4 { span.putIPv4Checksum(0..<header.count) }
        return packet
    }

    /// A mark on one fragment is a mark on the packet (RFC 3168 section 5.3).
    private func markCongestion(_ packet: inout MutableSpan<UInt8>, isIPv4: Bool) throws(DropReason) {
        guard isCongested else { return }
        let place = isIPv4 ? (offset: 1, bits: UInt8(0x03)) : (offset: 1, bits: UInt8(0x30))
        guard packet[place.offset] & place.bits != 0 else { throw .congestionMarkLost }
        packet[place.offset] |= place.bits
    }
}
