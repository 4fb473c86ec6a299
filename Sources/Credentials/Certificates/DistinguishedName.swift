package import ASN1

/// An X.500 name: who a certificate is for, and who signed it.
package struct DistinguishedName: Sendable {
    /// Its encoding.
    package let der: [UInt8]
    /// Most significant first; a relative name has one attribute, seldom more.
    package let relativeNames: [[NameAttribute]]
    private let comparable: [[[UInt8]]]

    /// Relative names of a name, and attributes of a relative name, at most.
    private static let mostParts = 64

    package init(_ relativeNames: [[NameAttribute]]) {
        // DER orders the elements of a SET by their octets.
        let ordered = relativeNames.map { attributes in
            attributes.sorted { $0.encoding.lexicographicallyPrecedes($1.encoding) }
        }
        let parts = ordered.map { DER.element(.set, Array($0.map(\.encoding).joined())) }
        self.init(der: DER.element(.sequence, Array(parts.joined())), ordered)
    }

    private init(der: [UInt8], _ relativeNames: [[NameAttribute]]) {
        self.der = der
        self.relativeNames = relativeNames
        comparable = relativeNames.map { attributes in
            attributes.map { $0.type.content + [0xff] + $0.comparable }
                .sorted { $0.lexicographicallyPrecedes($1) }
        }
    }

    /// Reads an encoded name, to its last octet.
    package init(der: [UInt8]) throws(DERError) {
        var reader = DERReader(der)
        self = try DistinguishedName(from: &reader)
        try reader.requireEnd()
    }

    /// Takes a name from the front of what `reader` reads.
    package init(from reader: inout DERReader) throws(DERError) {
        let outer = try reader.take(.sequence)
        var inside = outer.reader
        var names: [[NameAttribute]] = []
        while !inside.isAtEnd {
            guard names.count < Self.mostParts else { throw .outOfRange("the length of a name") }
            names.append(try Self.takeRelativeName(&inside))
        }
        self.init(der: Array(outer.encoding), names)
    }

    private static func takeRelativeName(_ reader: inout DERReader) throws(DERError) -> [NameAttribute] {
        var set = try reader.takeSequence(.set)
        var attributes: [NameAttribute] = []
        repeat {
            guard attributes.count < mostParts else { throw .outOfRange("the length of a name") }
            var inside = try set.takeSequence()
            let type = try inside.takeObjectIdentifier()
            let value = try inside.take()
            try inside.requireEnd()
            attributes.append(NameAttribute(type: type, tag: value.tag, octets: Array(value.content)))
        } while !set.isAtEnd
        return attributes
    }

    package var isEmpty: Bool { relativeNames.isEmpty }

    /// The value of the last `CN`, if it is readable.
    package var commonName: String? {
        relativeNames.joined().last { $0.type == NameAttribute.commonName }.flatMap {
            String(validating: $0.octets, as: UTF8.self)
        }
    }

    /// Whether the other name fits this one as a pattern, in which the value `*` stands for any value.
    ///
    /// The attributes must be the same, in the same order; none may be missing or added.
    package func matches(_ name: DistinguishedName) -> Bool {
        guard relativeNames.count == name.relativeNames.count else { return false }
        return zip(relativeNames.indices, zip(relativeNames, name.relativeNames)).allSatisfy { index, pair in
            let (pattern, found) = pair
            guard pattern.contains(where: \.isWildcard) else {
                return comparable[index] == name.comparable[index]
            }
            return pattern.count == found.count
                && zip(Self.ordered(pattern), Self.ordered(found)).allSatisfy { wanted, given in
                    wanted.type == given.type
                        && (wanted.isWildcard || wanted.comparable == given.comparable)
                }
        }
    }

    /// By type: DER orders the attributes of a relative name by their length first, which a wildcard has not.
    private static func ordered(_ attributes: [NameAttribute]) -> [NameAttribute] {
        attributes.sorted { $0.type.content.lexicographicallyPrecedes($1.type.content) }
    }

    /// Whether a value is `*`.
    package var hasWildcards: Bool { relativeNames.joined().contains { $0.isWildcard } }
}

extension DistinguishedName: Hashable {
    /// Whether the names are the same by RFC 5280 section 7.1, in ASCII and UTF-8.
    package static func == (left: Self, right: Self) -> Bool { left.comparable == right.comparable }

    package func hash(into hasher: inout Hasher) { hasher.combine(comparable) }
}

extension DistinguishedName: CustomStringConvertible {
    /// Most significant first: `C=CH, O=Example, CN=gateway`.
    package var description: String {
        relativeNames.map { $0.map(\.description).joined(separator: " + ") }.joined(separator: ", ")
    }
}
