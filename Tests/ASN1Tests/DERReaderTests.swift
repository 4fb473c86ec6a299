import ASN1
import Calendar
import TestSupport
import Testing

struct DERReaderTests {
    private func reader(_ hexadecimal: String) throws -> DERReader {
        DERReader(try #require(octets(hexadecimal: hexadecimal)))
    }

    @Test(arguments: [
        ("0201", DERError.truncated), ("02", .truncated), ("", .truncated),
        ("3080020101 0000", .notCanonical("an indefinite length")),
        ("048101 00", .notCanonical("a length in more octets than needed")),
        ("04820100 00", .truncated),
        ("0482007f", .notCanonical("a length in more octets than needed")),
        ("0485010000000000", .outOfRange("a length of 5 octets")),
        ("1f8101 00", .notCanonical("a tag number of 31 or more")),
        ("0484ffffffff", .truncated),
    ])
    func refuses(hexadecimal: String, error: DERError) throws {
        var reader = try reader(hexadecimal)
        let remaining = reader.remaining
        #expect(throws: error) { try reader.take() }
        #expect(reader.remaining == remaining)
    }

    @Test(arguments: [
        ("0200", DERError.notCanonical("an empty INTEGER")),
        ("02020001", .notCanonical("an INTEGER in more octets than needed")),
        ("0202ff80", .notCanonical("an INTEGER in more octets than needed")),
        ("0201ff", .outOfRange("a negative INTEGER")),
        ("040101", .unexpected(found: .octetString, expected: .integer)),
    ])
    func refusesIntegers(hexadecimal: String, error: DERError) throws {
        var reader = try reader(hexadecimal)
        #expect(throws: error) { try reader.takeUnsigned() }
    }

    @Test(arguments: [("020100", [0 as UInt8]), ("02020080", [0x80]), ("02020100", [1, 0])])
    func readsIntegers(hexadecimal: String, magnitude: [UInt8]) throws {
        var reader = try reader(hexadecimal)
        #expect(try reader.takeUnsigned() == magnitude)
        #expect(try DER.integer(magnitude: magnitude) == #require(octets(hexadecimal: hexadecimal)))
        #expect(reader.isAtEnd)
    }

    @Test(arguments: [
        "010101", "01020000", "0100", "0501 00", "0300", "030108", "03020801", "03020101", "030101",
    ])
    func refusesLaxValues(hexadecimal: String) throws {
        let reader = try reader(hexadecimal)
        #expect(throws: DERError.self) {
            var copy = reader
            switch copy.nextTag {
            case .boolean?: _ = try copy.takeBoolean()
            case .null?: try copy.takeNull()
            default: _ = try copy.takeBits()
            }
        }
    }

    @Test(arguments: [
        ("06092a864886f70d01010b", "1.2.840.113549.1.1.11"), ("0603 550403", "2.5.4.3"),
        ("0603 883703", "2.999.3"),
    ])
    func readsObjectIdentifiers(hexadecimal: String, text: String) throws {
        var reader = try reader(hexadecimal)
        #expect(try reader.takeObjectIdentifier().description == text)
    }

    @Test(arguments: ["0600", "0602 5580", "0603 558001", "060b 55ffffffffffffffffff7f"])
    func refusesObjectIdentifiers(hexadecimal: String) throws {
        var reader = try reader(hexadecimal)
        #expect(throws: DERError.self) { try reader.takeObjectIdentifier() }
    }

    @Test func writesObjectIdentifiers() {
        #expect(ObjectIdentifier(1, 2, 840, 113549, 1, 1, 11).description == "1.2.840.113549.1.1.11")
    }

    @Test(arguments: [
        "1970-01-01T00:00:00Z", "1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z",
        "2000-02-29T12:00:00Z", "9999-12-31T23:59:59Z",
    ])
    func readsTimesItWrites(text: String) throws {
        let moment = try #require(Timestamp(text))
        var reader = DERReader(DER.time(moment))
        #expect(try reader.takeTime() == moment)
    }

    @Test(arguments: [
        "20260230000000Z", "20260101000060Z", "2026010100000Z", "20260101000000.5Z", "20260101000000+",
    ])
    func refusesTimes(text: String) {
        var reader = DERReader(DER.element(.generalizedTime, Array(text.utf8)))
        #expect(throws: DERError.self) { try reader.takeTime() }
    }

    @Test func writesNamedBits() {
        #expect(DER.bitString(named: [0, 1]) == [3, 2, 6, 0xc0])
        #expect(DER.bitString(named: [5, 6]) == [3, 2, 1, 6])
        #expect(DER.bitString(named: [8]) == [3, 3, 7, 0, 0x80])
        #expect(DER.bitString(named: []) == [3, 1, 0])
    }
}
