package import IPsec

/// How far a packet has come through the security associations that it was wrapped in.
///
/// ```
/// var chain = InboundChain()
/// var packet = try InboundChain.Layer(inIPPacket: range, of: buffer.span)
/// while let layer = packet { … open it …; packet = try chain.next(opened, association, buffer.span) }
/// ```
package struct InboundChain: Sendable {
    /// As many associations as a packet may go through; the kernel's XFRM_MAX_DEPTH.
    package static let maximumDepth = 6

    /// What stands next in a packet.
    package enum Layer: Sendable {
        case protected(ProtectedPacket)
        /// IP in IP between two hosts; perhaps of an IPComp tunnel that found it not worth compressing.
        case tunneled(Range<Int>, source: IPAddress, destination: IPAddress)

        /// - Returns: nil for a packet that nothing is wrapped around.
        package init?(inIPPacket range: Range<Int>, of buffer: Span<UInt8>) throws(DropReason) {
            if let packet = try ProtectedPacket(inIPPacket: range, of: buffer) {
                self = .protected(packet)
                return
            }
            let header = try IPHeader(buffer.extracting(range))
            guard header.carriesIP else { return nil }
            self = .tunneled(range, source: header.source, destination: header.destination)
        }
    }

    /// Associations that the packet has come through.
    package private(set) var depth = 0

    package init() {}

    /// What is wrapped around a packet that an association has given; nil if nothing is.
    ///
    /// - Throws: `tooDeep` if the packet would go through more associations than are allowed; and what a
    ///   malformed or fragmented one deserves.
    package mutating func next(
        _ packet: Range<Int>, of buffer: Span<UInt8>
    ) throws(DropReason) -> Layer? {
        depth += 1
        guard let layer = try Layer(inIPPacket: packet, of: buffer) else { return nil }
        guard depth < Self.maximumDepth else { throw .tooDeep }
        return layer
    }
}
