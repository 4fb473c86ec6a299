package import Wire

/// The payloads of a message as type numbers and octets: what both IKE versions share (RFC 2408 section 3.2).
package struct PayloadChain: Hashable, Sendable {
    /// One payload.
    package struct Element: Hashable, Sendable {
        package var type: UInt8
        /// The second octet of the generic header: reserved in IKEv1, the critical bit on top in IKEv2.
        package var reserved: UInt8
        /// What follows the generic header.
        package var body: [UInt8]
        /// Where the generic header starts, octets from the start of the chain; 0 in a chain not read.
        package var offset: Int

        package init(type: UInt8, body: [UInt8], reserved: UInt8 = 0, offset: Int = 0) {
            self.type = type
            self.reserved = reserved
            self.body = body
            self.offset = offset
        }

        /// Where the payload ends, octets from the start of the chain that was read.
        package var end: Int { offset + GenericHeader.size + body.count }
    }

    /// Payloads that are read in one message; a longer chain is refused.
    package static let maximumCount = 100

    package var elements: [Element]
    /// The type of the first payload inside the last one, where that holds others; 0 for none.
    package private(set) var enclosed: UInt8 = 0

    package init(_ elements: [Element]) {
        self.elements = elements
    }

    /// Reads payloads until one says that none follows.
    ///
    /// - Parameters:
    ///   - first: the type of the first payload, 0 for none.
    ///   - allowsPadding: whether octets may follow the last payload, as they do in a decrypted IKEv1 body.
    ///   - enclosing: types of payloads that hold the rest of the chain, so that nothing follows them; what such a
    ///     one names as next is the first payload inside it, kept as `enclosed` (RFC 7296 section 3.14).
    package init(
        reading bytes: Span<UInt8>, first: UInt8, allowsPadding: Bool = false, limit: Int = maximumCount,
        enclosing: Set<UInt8> = []
    ) throws(ChainError) {
        elements = []
        var rest = bytes
        var type = first
        while type != 0 {
            let offset = bytes.count - rest.count
            guard elements.count < limit else { throw .tooMany(limit: limit, at: offset) }
            let header = try GenericHeader(taking: &rest, type: type, at: offset)
            let body = rest.extracting(first: header.bodyLength).array
            rest = rest.extracting(droppingFirst: header.bodyLength)
            elements.append(Element(type: type, body: body, reserved: header.reserved, offset: offset))
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

    /// Octets the payloads took where they were read; padding may follow.
    package var readLength: Int { elements.last?.end ?? 0 }

    /// Octets that all payloads take when they are written.
    package var writtenCount: Int { elements.reduce(0) { $0 + GenericHeader.size + $1.body.count } }

    /// Writes all payloads, each naming the type of the next.
    package func write(to writer: inout ByteWriter) throws(WireError) {
        for (index, element) in elements.enumerated() {
            let next = index + 1 < elements.count ? elements[index + 1].type : 0
            try GenericHeader.write(next: next, reserved: element.reserved, to: &writer) { writer in
                writer.put(element.body)
            }
        }
    }
}
