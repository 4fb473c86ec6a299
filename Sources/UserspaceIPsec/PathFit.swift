import ESP
import IPsec

/// What becomes of a packet that may be longer than its path takes (RFC 4301 section 8.2.1).
enum PathFit: Equatable, Sendable {
    /// Protected, it fits.
    case whole
    /// It is cut into fragments of so many octets at most, and each is protected.
    case cutBefore(mtu: Int)
    /// It is protected, and cut then.
    case cutAfter
    /// It is dropped, and its sender told how long it may be.
    case refused(mtu: Int)

    /// IPv4's shortest MTU (RFC 791 section 3.2).
    private static let shortest = 68

    /// Decides about the packet at the front of `packet`.
    ///
    /// - Parameters:
    ///   - length: its octets; of a train of segments, those of the longest.
    ///   - room: octets of the longest packet that leaves in one piece.
    ///   - isReassembled: whether it came in fragments, as it may leave then.
    init(
        _ packet: Span<UInt8>, length: Int, room: Int, _ bundle: Bundle, isReassembled: Bool
    ) throws(DropReason) {
        guard length > room else {
            self = .whole
            return
        }
        let header = try IPHeader(packet)
        switch header.family {
        case .ipv6:
            // Nobody makes packets shorter than every IPv6 link takes: those leave in fragments.
            let isAnswered = !isReassembled && length > DeviceMTU.minimum
            self = isAnswered ? .refused(mtu: max(room, DeviceMTU.minimum)) : .cutAfter
        case .ipv4 where header.dontFragment && !isReassembled && !bundle.clearsDontFragment:
            self = .refused(mtu: max(room, Self.shortest))
        case .ipv4:
            self = bundle.takesFragments && !header.dontFragment ? .cutBefore(mtu: room) : .cutAfter
        }
    }
}

/// How long packets through a bundle may be, as far as is known.
struct PathRoom: Equatable, Sendable {
    /// Octets that reach the other end in one piece, with the outer IP header.
    let outer: Int
    /// Octets of the longest packet that fits, once it is protected.
    let inner: Int

    /// Tells each association of the bundle how far it may pad, too.
    init(path: Int, _ bundle: Bundle) {
        outer = path
        var room = path
        for place in (0..<bundle.count).reversed() {
            let entry = bundle[place]
            room = PacketRoom.innerMTU(linkMTU: room, for: entry.association)
            entry.limitFlowPadding(to: room)
        }
        inner = room
    }
}
