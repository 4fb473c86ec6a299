/// One element of DER: what it is, what is inside, and its whole encoding.
package struct DERElement: Sendable {
    package let tag: DERTag
    package let content: ArraySlice<UInt8>
    /// Tag, length and content.
    package let encoding: ArraySlice<UInt8>

    /// Reads the elements inside.
    package var reader: DERReader { DERReader(content) }
}

/// Reads DER elements from the front of octets that others wrote.
///
/// What is read shares the octets; nothing is copied. Lengths must be definite and in their shortest form
/// (X.690 section 10.1).
package struct DERReader: Sendable {
    private var rest: ArraySlice<UInt8>

    package init(_ octets: ArraySlice<UInt8>) {
        rest = octets
    }

    package init(_ octets: [UInt8]) {
        rest = octets[...]
    }

    package var isAtEnd: Bool { rest.isEmpty }

    /// What comes next, unread; nil at the end.
    package var nextTag: DERTag? { rest.first.map(DERTag.init) }

    /// What has not been read.
    package var remaining: ArraySlice<UInt8> { rest }

    /// Fails unless everything has been read.
    package func requireEnd() throws(DERError) {
        guard rest.isEmpty else { throw .trailing(count: rest.count) }
    }

    /// Takes any element.
    package mutating func take() throws(DERError) -> DERElement {
        var cursor = rest
        guard let identifier = cursor.popFirst() else { throw .truncated }
        guard identifier & 0x1f != 0x1f else { throw .notCanonical("a tag number of 31 or more") }
        let length = try Self.takeLength(&cursor)
        guard cursor.count >= length else { throw .truncated }
        let element = DERElement(
            tag: DERTag(identifier), content: cursor.prefix(length),
            encoding: rest.prefix(rest.count - cursor.count + length))
        rest = cursor.dropFirst(length)
        return element
    }

    /// Takes an element of one type.
    package mutating func take(_ tag: DERTag) throws(DERError) -> DERElement {
        guard nextTag == tag else { throw .unexpected(found: nextTag, expected: tag) }
        return try take()
    }

    /// Takes an element if it is of this type.
    package mutating func takeIfPresent(_ tag: DERTag) throws(DERError) -> DERElement? {
        nextTag == tag ? try take() : nil
    }

    private static func takeLength(_ cursor: inout ArraySlice<UInt8>) throws(DERError) -> Int {
        guard let first = cursor.popFirst() else { throw .truncated }
        if first < 0x80 { return Int(first) }
        guard first != 0x80 else { throw .notCanonical("an indefinite length") }
        let count = Int(first & 0x7f)
        guard count <= 4 else { throw .outOfRange("a length of \(count) octets") }
        guard cursor.count >= count else { throw .truncated }
        let length = cursor.prefix(count).reduce(0) { $0 << 8 | Int($1) }
        guard length >= 0x80, cursor.first != 0 else {
            throw .notCanonical("a length in more octets than needed")
        }
        cursor = cursor.dropFirst(count)
        return length
    }
}

extension DERReader {
    /// Takes a SEQUENCE, or what is tagged in its place, to read what is inside.
    package mutating func takeSequence(_ tag: DERTag = .sequence) throws(DERError) -> DERReader {
        try take(tag).reader
    }

    /// Takes an INTEGER as its two's complement, most significant octet first.
    package mutating func takeInteger(_ tag: DERTag = .integer) throws(DERError) -> ArraySlice<UInt8> {
        let content = try take(tag).content
        guard let first = content.first else { throw .notCanonical("an empty INTEGER") }
        if let second = content.dropFirst().first,
            (first == 0 && second < 0x80) || (first == 0xff && second >= 0x80)
        {
            throw .notCanonical("an INTEGER in more octets than needed")
        }
        return content
    }

    /// Takes an INTEGER that is not negative, without leading zeros; zero is one octet.
    package mutating func takeUnsigned() throws(DERError) -> [UInt8] {
        let content = try takeInteger()
        guard let first = content.first, first < 0x80 else { throw .outOfRange("a negative INTEGER") }
        return Array(first == 0 && content.count > 1 ? content.dropFirst() : content)
    }

    /// Takes an INTEGER, or what is tagged in its place, from 0 to 2^31-1.
    package mutating func takeSmallInteger(_ tag: DERTag = .integer) throws(DERError) -> Int {
        let content = try takeInteger(tag)
        guard content.count <= 4, let first = content.first, first < 0x80 else {
            throw .outOfRange("a small INTEGER")
        }
        return content.reduce(0) { $0 << 8 | Int($1) }
    }

    package mutating func takeObjectIdentifier() throws(DERError) -> ObjectIdentifier {
        try ObjectIdentifier(content: take(.objectIdentifier).content)
    }

    package mutating func takeBoolean(_ tag: DERTag = .boolean) throws(DERError) -> Bool {
        let content = try take(tag).content
        guard content.count == 1, let octet = content.first, octet == 0 || octet == 0xff else {
            throw .notCanonical("a BOOLEAN other than 00 or ff")
        }
        return octet == 0xff
    }

    package mutating func takeNull() throws(DERError) {
        guard try take(.null).content.isEmpty else { throw .notCanonical("a NULL with content") }
    }

    package mutating func takeOctetString() throws(DERError) -> ArraySlice<UInt8> {
        try take(.octetString).content
    }

    /// Takes a BIT STRING, or what is tagged in its place: its octets; unused bits must be zero.
    package mutating func takeBits(_ tag: DERTag = .bitString) throws(DERError) -> (
        octets: ArraySlice<UInt8>, unused: UInt8
    ) {
        var content = try take(tag).content
        guard let unused = content.popFirst(), unused < 8, unused == 0 || !content.isEmpty else {
            throw .notCanonical("a BIT STRING without a proper count of unused bits")
        }
        if let last = content.last, last & ((1 << unused) &- 1) != 0 {
            throw .notCanonical("a BIT STRING whose unused bits are set")
        }
        return (content, unused)
    }

    /// Takes a BIT STRING of whole octets, as signatures and keys are.
    package mutating func takeWholeBits() throws(DERError) -> ArraySlice<UInt8> {
        let bits = try takeBits()
        guard bits.unused == 0 else { throw .notCanonical("a BIT STRING that is not of whole octets") }
        return bits.octets
    }
}
