import Wire

/// Where the payloads of a message lie, by type number: what both IKE versions share (RFC 2408 section 3.2).
package struct PayloadChain: Hashable, Sendable {
    /// One payload.
    package struct Element: Hashable, Sendable {
        package var type: UInt8
        /// The second octet of the generic header: reserved in IKEv1, the critical bit on top in IKEv2.
        package var reserved: UInt8
        /// Where what follows the generic header lies, octets from the start of the chain.
        package var body: Range<Int>
    }

    /// Payloads that are read in one message; a longer chain is refused.
    package static let maximumCount = 100
    /// Payloads that few messages exceed.
    private static let usualCount = 10

    package private(set) var elements: [Element] = []
    /// The type of the first payload inside the last one, where that holds others; 0 for none.
    package private(set) var enclosed: UInt8 = 0

    /// Reads payloads until one says that none follows.
    ///
    /// - Parameters:
    ///   - first: the type of the first payload, 0 for none.
    ///   - allowsPadding: whether octets may follow the last payload, as they do in a decrypted IKEv1 body.
    ///   - enclosing: types of payloads that hold the rest of the chain, so that nothing follows them; what such a
    ///     one names as next is the first payload inside it, kept as `enclosed` (RFC 7296 section 3.14).
    package init(
        reading bytes: Span<UInt8>, first: UInt8, allowsPadding: Bool = false, limit: Int = maximumCount,
        enclosing: [UInt8] = []
    ) throws(ChainError) {
        elements.reserveCapacity(Self.usualCount)
        var rest = bytes
        var type = first
        while type != 0 {
            let offset = bytes.count - rest.count
            guard elements.count < limit else { throw .tooMany(limit: limit, at: offset) }
            let header = try GenericHeader(taking: &rest, type: type, at: offset)
            let start = offset + GenericHeader.size
            rest = rest.extracting(droppingFirst: header.bodyLength)
            elements.append(
                Element(type: type, reserved: header.reserved, body: start..<(start + header.bodyLength)))
            if enclosing.contains(type) {
                enclosed = header.next
                break
            }
            type = header.next
        }
        guard rest.isEmpty || allowsPadding else {
            throw .trailing(count: rest.count, at: bytes.count - rest.count)
        }
    }

    /// The type of the first payload, 0 where there is none.
    package var firstType: UInt8 { elements.first?.type ?? 0 }

    /// Octets the payloads took; padding may follow.
    package var readLength: Int { elements.last?.body.upperBound ?? 0 }
}
