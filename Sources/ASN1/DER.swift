package import Calendar

/// Encodings in DER, from the inside out.
package enum DER {
    package static func element(_ tag: DERTag, _ content: [UInt8]) -> [UInt8] {
        [tag.octet] + length(content.count) + content
    }

    package static func sequence(_ parts: [UInt8]...) -> [UInt8] {
        element(.sequence, Array(parts.joined()))
    }

    /// `[number]` around a whole element.
    package static func explicit(_ number: UInt8, _ encoding: [UInt8]) -> [UInt8] {
        element(.constructed(number), encoding)
    }

    /// An INTEGER from its magnitude, most significant octet first.
    package static func integer(magnitude: [UInt8]) -> [UInt8] {
        let digits = Array(magnitude.drop { $0 == 0 })
        let sign: [UInt8] = (digits.first ?? 0x80) >= 0x80 ? [0] : []
        return element(.integer, sign + digits)
    }

    /// An INTEGER that is not negative.
    package static func integer(_ value: Int) -> [UInt8] {
        precondition(value >= 0, "a negative INTEGER")
        return integer(
            magnitude: (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) })
    }

    package static func objectIdentifier(_ identifier: ObjectIdentifier) -> [UInt8] {
        element(.objectIdentifier, identifier.content)
    }

    package static func boolean(_ value: Bool) -> [UInt8] {
        element(.boolean, [value ? 0xff : 0])
    }

    package static func octetString(_ octets: [UInt8]) -> [UInt8] {
        element(.octetString, octets)
    }

    /// A BIT STRING of whole octets.
    package static func bitString(_ octets: [UInt8]) -> [UInt8] {
        element(.bitString, [0] + octets)
    }

    /// A BIT STRING of named bits, bit 0 the first, without trailing zeros (X.690 section 11.2.2).
    package static func bitString(named bits: some Sequence<Int>) -> [UInt8] {
        var octets: [UInt8] = []
        var last = -1
        for bit in bits {
            while octets.count <= bit / 8 { octets.append(0) }
            octets[bit / 8] |= 0x80 >> UInt8(bit % 8)
            last = max(last, bit)
        }
        let unused = last < 0 ? 0 : 7 - last % 8
        return element(.bitString, [UInt8(unused)] + octets)
    }

    package static func utf8String(_ text: String) -> [UInt8] {
        element(.utf8String, Array(text.utf8))
    }

    /// UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5).
    package static func time(_ moment: Timestamp) -> [UInt8] {
        let digits = moment.description.utf8.filter { (0x30...0x39).contains($0) } + [UInt8(ascii: "Z")]
        return (1950..<2050).contains(moment.parts.year)
            ? element(.utcTime, Array(digits.dropFirst(2))) : generalizedTime(moment)
    }

    package static func generalizedTime(_ moment: Timestamp) -> [UInt8] {
        let digits = moment.description.utf8.filter { (0x30...0x39).contains($0) } + [UInt8(ascii: "Z")]
        return element(.generalizedTime, Array(digits))
    }

    private static func length(_ count: Int) -> [UInt8] {
        if count < 0x80 { return [UInt8(count)] }
        let octets = (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }.drop { $0 == 0 }
        return [0x80 | UInt8(octets.count)] + octets
    }
}
