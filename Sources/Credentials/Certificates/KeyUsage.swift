internal import ASN1

/// What a certificate's key may do (RFC 5280 section 4.2.1.3); bit 0 of the extension is the lowest bit here.
package struct KeyUsage: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let digitalSignature = KeyUsage(rawValue: 1 << 0)
    package static let nonRepudiation = KeyUsage(rawValue: 1 << 1)
    package static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
    package static let dataEncipherment = KeyUsage(rawValue: 1 << 3)
    package static let keyAgreement = KeyUsage(rawValue: 1 << 4)
    package static let keyCertSign = KeyUsage(rawValue: 1 << 5)
    package static let crlSign = KeyUsage(rawValue: 1 << 6)
    package static let encipherOnly = KeyUsage(rawValue: 1 << 7)
    package static let decipherOnly = KeyUsage(rawValue: 1 << 8)

    init(from reader: inout DERReader) throws(DERError) {
        let octets = try reader.takeBits().octets
        var value: UInt16 = 0
        for (index, octet) in octets.prefix(2).enumerated() {
            for bit in 0..<8 where octet & (0x80 >> UInt8(bit)) != 0 && index * 8 + bit < 9 {
                value |= 1 << UInt16(index * 8 + bit)
            }
        }
        rawValue = value
    }

    /// The bits that are set, by their numbers in the extension.
    package var bits: [Int] { (0..<9).filter { rawValue >> UInt16($0) & 1 == 1 } }
}

extension KeyUsage: CustomStringConvertible {
    private static let names = [
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
    ]

    package var description: String {
        zip(Self.names, 0...).filter { bits.contains($0.1) }.map(\.0).joined(separator: ", ")
    }
}
