package import ISAKMP
import Wire

/// One part of a message that was too large for the path (RFC 7383 section 2.5).
///
///     +-------------------------------+-------------------------------+
///     |        Fragment number        |        Total fragments        |
///     +-------------------------------+-------------------------------+
///     ~          IV, part of the encrypted payloads, ICV              ~
///     +---------------------------------------------------------------+
package struct MessageFragment: Hashable, Sendable {
    /// Octets of the two numbers.
    static let headSize = 4
    /// Fragments of one message that are sent or kept; more carry no more than a datagram of 65535 octets can.
    package static let maximumCount: UInt16 = 128

    package var header: MessageHeader
    /// The type of the message's first payload; 0 in all fragments but the first.
    package var first: UInt8
    /// From 1.
    package var number: UInt16
    package var total: UInt16
    package var content: [UInt8]

    /// - Parameter head: the body of the payload, which begins with the two numbers.
    init(
        _ header: MessageHeader, first: UInt8, head: Span<UInt8>, _ content: [UInt8]
    ) throws(MessageError) {
        let (number, total) = try MessageError.reading(.encryptedFragment, head) { rest throws(WireError) in
            (try rest.takeUInt16(), try rest.takeUInt16())
        }
        guard number > 0, number <= total, total <= Self.maximumCount, first == 0 || number == 1 else {
            throw MessageError(
                .payload(.encryptedFragment), .content("fragment \(number) of \(total), expected at most 128")
            )
        }
        self.header = header
        self.first = first
        self.number = number
        self.total = total
        self.content = content
    }
}

/// The fragments of one message so far (RFC 7383 section 2.6).
package struct FragmentReassembly: Hashable, Sendable {
    private var header: MessageHeader
    private var first: UInt8 = 0
    private var total: UInt16
    private var parts: [UInt16: [UInt8]] = [:]
    private var size = 0

    package init(_ fragment: MessageFragment) {
        header = fragment.header
        total = fragment.total
    }

    /// Whether a fragment belongs to the message that is being put together.
    package func isPart(_ fragment: MessageFragment) -> Bool {
        header.messageID == fragment.header.messageID && header.flags == fragment.header.flags
            && header.exchangeType == fragment.header.exchangeType
    }

    /// Adds a fragment that proved to be the peer's; the message once none is missing.
    ///
    /// A fragment of fewer than were announced is old; one of more begins anew, as the peer has cut its message smaller.
    package mutating func add(_ fragment: MessageFragment) throws(MessageError) -> Message? {
        guard fragment.total >= total else { return nil }
        if fragment.total > total { self = FragmentReassembly(fragment) }
        guard parts[fragment.number] == nil else { return nil }
        guard size + fragment.content.count <= Self.maximumSize else {
            throw MessageError(
                .payload(.encryptedFragment), .content("fragments of more than 65535 octets together"))
        }
        if fragment.number == 1 { first = fragment.first }
        parts[fragment.number] = fragment.content
        size += fragment.content.count
        guard parts.count == Int(total) else { return nil }
        let body = (1...total).flatMap { parts[$0] ?? [] }
        return try Message(header: header, first: first, reading: body.span)
    }

    private static let maximumSize = 65535
}
