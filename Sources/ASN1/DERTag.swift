/// The identifier octet of a DER element: class, form and a number below 31.
package struct DERTag: Hashable, Sendable {
    package let octet: UInt8

    package init(_ octet: UInt8) {
        self.octet = octet
    }

    package static let boolean = DERTag(0x01)
    package static let integer = DERTag(0x02)
    package static let bitString = DERTag(0x03)
    package static let octetString = DERTag(0x04)
    package static let null = DERTag(0x05)
    package static let objectIdentifier = DERTag(0x06)
    package static let enumerated = DERTag(0x0a)
    package static let utf8String = DERTag(0x0c)
    package static let printableString = DERTag(0x13)
    package static let teletexString = DERTag(0x14)
    package static let ia5String = DERTag(0x16)
    package static let utcTime = DERTag(0x17)
    package static let generalizedTime = DERTag(0x18)
    package static let universalString = DERTag(0x1c)
    package static let bmpString = DERTag(0x1e)
    package static let sequence = DERTag(0x30)
    package static let set = DERTag(0x31)

    /// `[number]` with octets inside, as implicit tags of strings are.
    package static func context(_ number: UInt8) -> DERTag { DERTag(0x80 | number) }

    /// `[number]` with elements inside, as explicit tags are.
    package static func constructed(_ number: UInt8) -> DERTag { DERTag(0xa0 | number) }
}

extension DERTag: CustomStringConvertible {
    /// The type's name in ASN.1 where it is common, else the octet: `INTEGER`, `[0]`, `tag 0x1b`.
    package var description: String {
        if octet & 0xc0 == 0x80 { return "[\(octet & 0x1f)]" }
        return Self.names[self] ?? "tag 0x" + String(octet, radix: 16)
    }

    private static let names: [DERTag: String] = [
        .boolean: "BOOLEAN", .integer: "INTEGER", .bitString: "BIT STRING", .octetString: "OCTET STRING",
        .null: "NULL", .objectIdentifier: "OBJECT IDENTIFIER", .enumerated: "ENUMERATED",
        .utf8String: "UTF8String", .printableString: "PrintableString", .teletexString: "TeletexString",
        .ia5String: "IA5String", .utcTime: "UTCTime", .generalizedTime: "GeneralizedTime",
        .universalString: "UniversalString", .bmpString: "BMPString", .sequence: "SEQUENCE", .set: "SET",
    ]
}
