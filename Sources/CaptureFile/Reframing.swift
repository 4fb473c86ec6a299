internal import Wire

/// Another IP packet in the frame that an IP packet came in.
extension LinkFrame {
    /// The link type of frames made by `frame(around:like:)`.
    ///
    /// Those of one family only become such as take both.
    package static func reframedType(_ linkType: LinkType) -> LinkType {
        linkType == .ipv4 || linkType == .ipv6 || linkType.isRaw ? .raw : linkType
    }

    /// The header of `original` before `packet`, changed to name its family.
    package func frame(around packet: [UInt8], like original: [UInt8]) -> [UInt8] {
        var frame = Array(original.prefix(headerCount))
        let isIPv6 = (packet.first ?? 0) >> 4 == 6
        switch mark {
        case .none: break
        case .etherType(let offset):
            Self.put(isIPv6 ? EtherType.ipv6 : EtherType.ipv4, count: 2, in: &frame, at: offset)
        case .pointToPoint(let offset, let count):
            Self.put(isIPv6 ? PPPProtocol.ipv6 : PPPProtocol.ipv4, count: count, in: &frame, at: offset)
        case .addressFamily(let order):
            var writer = ByteWriter()
            writer.put(isIPv6 ? SocketFamily.ipv6 : SocketFamily.ipv4, order)
            frame = writer.bytes
        }
        return frame + packet
    }

    /// Writes the low octets of a number; the place was read from when the frame was looked at.
    private static func put(_ value: UInt16, count: Int, in frame: inout [UInt8], at offset: Int) {
        guard offset + count <= frame.count else { return }
        if count == 2 { frame[offset] = UInt8(truncatingIfNeeded: value >> 8) }
        frame[offset + count - 1] = UInt8(truncatingIfNeeded: value)
    }
}
