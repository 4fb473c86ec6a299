package import ASN1

/// One attribute of a distinguished name, such as `CN=gateway`.
package struct NameAttribute: Sendable {
    package let type: ObjectIdentifier
    /// The string type the value was written in.
    package let tag: DERTag
    /// The value's octets in that type.
    package let octets: [UInt8]

    package static let commonName = ObjectIdentifier(2, 5, 4, 3)

    /// Short names, as they are written in texts; the first of a type is the one that is shown.
    static let names: [(name: String, type: ObjectIdentifier)] = [
        ("CN", commonName), ("SN", ObjectIdentifier(2, 5, 4, 4)),
        ("serialNumber", ObjectIdentifier(2, 5, 4, 5)), ("C", ObjectIdentifier(2, 5, 4, 6)),
        ("L", ObjectIdentifier(2, 5, 4, 7)), ("ST", ObjectIdentifier(2, 5, 4, 8)),
        ("STREET", ObjectIdentifier(2, 5, 4, 9)), ("O", ObjectIdentifier(2, 5, 4, 10)),
        ("OU", ObjectIdentifier(2, 5, 4, 11)), ("T", ObjectIdentifier(2, 5, 4, 12)),
        ("title", ObjectIdentifier(2, 5, 4, 12)), ("G", ObjectIdentifier(2, 5, 4, 42)),
        ("GN", ObjectIdentifier(2, 5, 4, 42)), ("I", ObjectIdentifier(2, 5, 4, 43)),
        ("dnQualifier", ObjectIdentifier(2, 5, 4, 46)),
        ("E", ObjectIdentifier(1, 2, 840, 113549, 1, 9, 1)),
        ("emailAddress", ObjectIdentifier(1, 2, 840, 113549, 1, 9, 1)),
        ("Email", ObjectIdentifier(1, 2, 840, 113549, 1, 9, 1)),
        ("DC", ObjectIdentifier(0, 9, 2342, 19_200_300, 100, 1, 25)),
        ("UID", ObjectIdentifier(0, 9, 2342, 19_200_300, 100, 1, 1)),
        ("S", ObjectIdentifier(2, 5, 4, 8)),
    ]

    /// Types that are IA5String by their definition.
    private static let inIA5: Set<ObjectIdentifier> = [
        ObjectIdentifier(1, 2, 840, 113549, 1, 9, 1), ObjectIdentifier(0, 9, 2342, 19_200_300, 100, 1, 25),
    ]

    init(type: ObjectIdentifier, tag: DERTag, octets: [UInt8]) {
        self.type = type
        self.tag = tag
        self.octets = octets
    }

    /// A value in the narrowest string type that holds it.
    package init(type: ObjectIdentifier, text: String) {
        self.type = type
        octets = Array(text.utf8)
        if Self.inIA5.contains(type), octets.allSatisfy({ $0 < 0x80 }) {
            tag = .ia5String
        } else {
            tag = octets.allSatisfy(Self.isPrintable) ? .printableString : .utf8String
        }
    }

    /// The characters of PrintableString.
    private static func isPrintable(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: " '()+,-./:=?".utf8.contains(octet)
        }
    }

    var encoding: [UInt8] {
        DER.sequence(DER.objectIdentifier(type), DER.element(tag, octets))
    }

    /// What two attributes must share to be the same (RFC 5280 section 7.1): the octets, ASCII letters in lower case,
    /// runs of blanks as one, none at the ends; only the octets in types other than ASCII and UTF-8.
    var comparable: [UInt8] {
        switch tag {
        case .printableString, .utf8String, .ia5String:
            var folded: [UInt8] = []
            for octet in octets {
                if octet == 0x20, folded.isEmpty || folded.last == 0x20 { continue }
                folded.append((0x41...0x5a).contains(octet) ? octet | 0x20 : octet)
            }
            if folded.last == 0x20 { folded.removeLast() }
            return [0] + folded
        // The types of strings are open.
        default: return [tag.octet] + octets
        }
    }

    /// Whether the value is the wildcard of a pattern.
    var isWildcard: Bool { octets == [UInt8(ascii: "*")] }
}

extension NameAttribute: CustomStringConvertible {
    /// `CN=gateway`; separators, quotes and what is not printable ASCII are escaped.
    package var description: String {
        let name = Self.names.first { $0.type == type }?.name ?? "\(type)"
        return name + "=" + Self.escaped(octets)
    }

    private static func escaped(_ octets: [UInt8]) -> String {
        var text = ""
        for octet in octets.prefix(256) {
            switch octet {
            case UInt8(ascii: ","), UInt8(ascii: "+"), UInt8(ascii: "\""), UInt8(ascii: "\\"),
                UInt8(ascii: "="), UInt8(ascii: "/"):
                text += "\\" + String(Unicode.Scalar(octet))
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(octet))
            default: text += "\\" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
            }
        }
        return octets.count > 256 ? text + "…" : text
    }
}
