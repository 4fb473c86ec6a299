package import IPsec

/// How far a packet has come through the security associations that it was wrapped in.
///
/// ```
/// var chain = InboundChain()
/// var next = try InboundChain.Layer(inIPPacket: range, of: buffer.span)
/// while let layer = next { … open it …; next = try chain.next(opened, of: buffer.span) }
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

    /// - Parameter depth: Associations that it has come through already.
    package init(depth: Int = 0) {
        self.depth = depth
    }

    /// Whether something may be wrapped around a packet with this flow; `Layer` knows.
    @inline(__always)
    package static func mayContinue(_ flow: PacketFlow) -> Bool {
        switch flow.upperProtocol {
        case IPProtocol.esp, IPProtocol.ah, IPProtocol.ipcomp, IPProtocol.ipv4, IPProtocol.ipv6: true
        default: false
        }
    }

    /// Writes the IPv6 header that the kernel took off a packet, before its payload.
    ///
    /// The flow label is lost, which AH does not cover.
    ///
    /// - Parameters:
    ///   - payload: What came behind that header: extension headers, where they are still there, and the rest.
    ///   - nextProtocol: What `payload` begins with.
    /// - Throws: `noRoom` if the buffer has no 40 octets before the payload.
    /// - Returns: Where the whole packet is.
    package static func restoreIPv6Header(
        before payload: Range<Int>, in buffer: inout MutableSpan<UInt8>, _ outer: ESPPacket.Outer,
        nextProtocol: UInt8
    ) throws(DropReason) -> Range<Int> {
        let start = payload.lowerBound - TunnelHeader.count(.ipv6)
        guard start >= 0, payload.upperBound <= buffer.count else { throw .noRoom }
        guard payload.count <= Int(UInt16.max), outer.source.family == .ipv6 else { throw .badLength }
        let header = TunnelHeader(
            source: outer.source, destination: outer.destination, trafficClass: outer.trafficClass,
            hopLimit: outer.hopLimit, dontFragment: true, identification: 0)
        header.write(to: &buffer, at: start, payloadCount: payload.count, nextProtocol: nextProtocol)
        return start..<payload.upperBound
    }

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
