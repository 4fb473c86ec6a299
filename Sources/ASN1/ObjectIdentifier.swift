/// An OBJECT IDENTIFIER: the name of an algorithm, an attribute, an extension.
package struct ObjectIdentifier: Hashable, Sendable {
    /// The content octets of its encoding.
    package let content: [UInt8]

    /// Longest that is read, in octets.
    private static let mostOctets = 64

    /// Reads content octets: arcs in base 128, each in its shortest form and below 2^63.
    package init(content: ArraySlice<UInt8>) throws(DERError) {
        guard (1...Self.mostOctets).contains(content.count) else {
            throw .outOfRange("an OBJECT IDENTIFIER of \(content.count) octets")
        }
        var octetsOfArc = 0
        for octet in content {
            guard octetsOfArc > 0 || octet != 0x80 else {
                throw .notCanonical("an OBJECT IDENTIFIER in more octets than needed")
            }
            octetsOfArc = octet < 0x80 ? 0 : octetsOfArc + 1
            guard octetsOfArc < 9 else { throw .outOfRange("an arc of an OBJECT IDENTIFIER") }
        }
        guard octetsOfArc == 0 else { throw .truncated }
        self.content = Array(content)
    }

    /// From its arcs; the first is at most 2, the second below 40.
    package init(_ first: UInt64, _ second: UInt64, _ others: UInt64...) {
        content = ([first * 40 + second] + others).flatMap(Self.encoded)
    }

    private static func encoded(_ arc: UInt64) -> [UInt8] {
        var octets = [UInt8(truncatingIfNeeded: arc & 0x7f)]
        var rest = arc >> 7
        while rest > 0 {
            octets.append(UInt8(truncatingIfNeeded: rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return octets.reversed()
    }

    private var arcs: [UInt64] {
        var arcs: [UInt64] = []
        var value: UInt64 = 0
        for octet in content {
            value = value << 7 | UInt64(octet & 0x7f)
            guard octet < 0x80 else { continue }
            if arcs.isEmpty {
                let first = min(value / 40, 2)
                arcs = [first, value - first * 40]
            } else {
                arcs.append(value)
            }
            value = 0
        }
        return arcs
    }
}

extension ObjectIdentifier: CustomStringConvertible {
    /// Arcs with dots between: `1.2.840.113549.1.1.11`.
    package var description: String { arcs.map(String.init).joined(separator: ".") }
}
