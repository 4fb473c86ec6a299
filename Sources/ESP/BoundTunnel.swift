internal import IPsec

/// BEET mode: a tunnel between two fixed inner addresses, which no packet carries
/// (draft-nikander-esp-beet-mode, and what Linux makes of it).
///
/// The inner addresses are those of the SA's selector. The rest of the inner header travels in the outer one, options
/// of IPv4 in a pseudo header before the payload.
struct BoundTunnel: Sendable {
    private let source: IPAddress
    private let destination: IPAddress

    /// - Throws: `unsupported` where the selector does not name two addresses of one family.
    init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        guard let selector = association.selector, let source = selector.source.onlyAddress,
            let destination = selector.destination.onlyAddress, source.family == destination.family
        else {
            throw DatabaseFailure(
                .unsupported,
                "The ESP engine cannot use SA \(association.id): BEET mode without a selector of two single "
                    + "addresses; give it the inner addresses as its selector.")
        }
        self.source = source
        self.destination = destination
    }

    /// What is protected of a packet.
    struct Payload {
        /// Where the pseudo header, or else the payload itself, begins.
        let start: Int
        let nextHeader: UInt8
        /// Octets of options behind a pseudo header; nil without one.
        let optionCount: Int?
    }

    /// Finds what is protected of the packet whose header is at `start`.
    func payload(
        _ inner: IPHeader, at start: Int, of buffer: Span<UInt8>
    ) throws(DropReason) -> Payload {
        guard !inner.isFragment else { throw .fragmentInTransportMode }
        guard inner.source == source, inner.destination == destination else { throw .selectorMismatch }
        switch inner.family {
        case .ipv4:
            let options = inner.headerCount - 20
            // What already has the pseudo header's number gets one, or the receiver would take it for one.
            guard options > 0 || inner.nextProtocol == IPProtocol.beet else {
                return Payload(start: start + 20, nextHeader: inner.nextProtocol, optionCount: nil)
            }
            return Payload(
                start: start + 20 - PseudoHeader.count(options: options), nextHeader: IPProtocol.beet,
                optionCount: options)
        case .ipv6:
            return Payload(start: start + 40, nextHeader: buffer[start + 6], optionCount: nil)
        }
    }

    /// Writes the inner header before an authenticated payload in the clear.
    ///
    /// - Returns: The whole inner packet.
    func restore(
        _ buffer: inout MutableSpan<UInt8>, _ payload: Range<Int>, _ nextHeader: UInt8,
        _ outer: TunnelHeader
    ) throws(DropReason) -> Range<Int> {
        var pseudo: PseudoHeader?
        if source.family == .ipv4, nextHeader == IPProtocol.beet {
            pseudo = try PseudoHeader(buffer.span, payload)
        }
        let rest = payload.lowerBound + (pseudo?.count ?? 0)
        let start = rest - TunnelHeader.count(source.family)
        guard start >= 0 else { throw .noRoom }
        guard payload.upperBound - start <= Int(UInt16.max) else { throw .badLength }
        var header = outer
        header.source = source
        header.destination = destination
        header.write(
            to: &buffer, at: start, payloadCount: payload.upperBound - rest,
            nextProtocol: pseudo?.nextHeader ?? nextHeader)
        if let pseudo, pseudo.optionCount > 0 {
            buffer[start] = 0x45 + UInt8(truncatingIfNeeded: pseudo.optionCount / 4)
            buffer.putIPv4Checksum(start..<rest + pseudo.optionCount)
        }
        return start..<payload.upperBound
    }
}

/// The header that carries the options of an IPv4 packet in BEET mode, before them.
struct PseudoHeader {
    /// Octets before the options: the four fixed ones and the padding.
    let count: Int
    let optionCount: Int
    /// What follows the options.
    let nextHeader: UInt8

    /// Octets before `options` octets of options, with which they fill whole units of eight.
    static func count(options: Int) -> Int { 8 - (options & 4) }

    /// Reads the pseudo header at the front of `payload`.
    init(_ buffer: Span<UInt8>, _ payload: Range<Int>) throws(DropReason) {
        guard payload.count >= 8 else { throw .badInnerPacket }
        let start = payload.lowerBound
        nextHeader = buffer[start]
        count = 4 + Int(buffer[start + 2])
        optionCount = Int(buffer[start + 1]) * 8 + 8 - count
        guard optionCount >= 0, optionCount.isMultiple(of: 4), optionCount <= 40,
            count + optionCount <= payload.count
        else { throw .badInnerPacket }
    }

    /// Writes the pseudo header before options that are in their place.
    static func write(
        to buffer: inout MutableSpan<UInt8>, at start: Int, options: Int, nextHeader: UInt8
    ) {
        let padding = count(options: options) - 4
        buffer[start] = nextHeader
        buffer[start + 1] = UInt8(truncatingIfNeeded: options / 8)
        buffer[start + 2] = UInt8(truncatingIfNeeded: padding)
        buffer[start + 3] = 0
        // Options that do nothing.
        for index in 0..<padding { buffer[start + 4 + index] = 1 }
    }
}

extension IPPrefix {
    /// The address, of a prefix that holds no other.
    fileprivate var onlyAddress: IPAddress? { isHost ? address : nil }
}
