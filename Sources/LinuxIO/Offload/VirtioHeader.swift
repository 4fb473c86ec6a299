/// What stands in front of each packet of a TUN device: what is left to do to it (struct virtio_net_hdr).
package struct VirtioHeader: Hashable, Sendable {
    /// Into what the packet is to be cut.
    package enum Segmentation: UInt8, Hashable, Sendable {
        /// It is one packet.
        case none = 0
        /// TCP segments over IPv4.
        case tcp4 = 1
        /// TCP segments over IPv6.
        case tcp6 = 4
        /// UDP datagrams over IPv4 or IPv6.
        case udp = 5
    }

    /// Octets of the header.
    package static let count = 10
    private static let congestionBit: UInt8 = 0x80

    /// Whether the checksum at `checksumOffset` holds the sum of the pseudo-header alone, and the rest is to be added.
    package var needsChecksum = false
    package var segmentation = Segmentation.none
    /// Octets of headers, IP and TCP or UDP; a hint.
    package var headerCount: UInt16 = 0
    /// Octets of payload in each segment but the last.
    package var segmentSize: UInt16 = 0
    /// Where the checksum begins: the TCP or UDP header.
    package var checksumStart: UInt16 = 0
    /// Where the checksum is, from `checksumStart` on.
    package var checksumOffset: UInt16 = 0

    /// The header of a packet to which nothing is left to do.
    package init() {}

    /// Reads the header at the front of what a device gave; nil for what no kernel writes that we asked.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Self.count,
            let segmentation = Segmentation(rawValue: bytes[1] & ~Self.congestionBit)
        else { return nil }
        needsChecksum = bytes[0] & 1 != 0
        self.segmentation = segmentation
        // The host's order of octets.
        func number(_ offset: Int) -> UInt16 { bytes.uint16(at: offset).swapped }
        headerCount = number(2)
        segmentSize = number(4)
        checksumStart = number(6)
        checksumOffset = number(8)
    }

    /// Writes it to `offset`; the room must suffice.
    package func write(to bytes: inout MutableSpan<UInt8>, at offset: Int) {
        bytes[offset] = needsChecksum ? 1 : 0
        bytes[offset + 1] = segmentation.rawValue
        bytes.put(headerCount.swapped, at: offset + 2)
        bytes.put(segmentSize.swapped, at: offset + 4)
        bytes.put(checksumStart.swapped, at: offset + 6)
        bytes.put(checksumOffset.swapped, at: offset + 8)
    }
}

extension UInt16 {
    /// The number whose octets in network order are this one's in the host's, and the other way round.
    fileprivate var swapped: UInt16 { bigEndian }
}
