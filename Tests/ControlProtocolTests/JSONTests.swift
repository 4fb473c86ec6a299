import Testing

@testable import ControlProtocol

struct JSONTests {
    @Test(arguments: [
        (#"null"#, JSONValue.null), (#" true "#, .bool(true)), ("-0", .integer(0)),
        ("9223372036854775807", .integer(.max)), (#""a\u00e9\n\ud83d\ude00""#, .string("aé\n😀")),
        ("[1,[2],{}]", .array([.integer(1), .array([.integer(2)]), .object([])])),
        (#"{"b":1,"a":null}"#, .object([.init("b", .integer(1)), .init("a", .null)])),
    ])
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONReader.read(Array(text.utf8)) == value)
        #expect(try JSONReader.read(JSONWriter.octets(value)) == value)
    }

    @Test(arguments: [
        ("", JSONError.Kind.truncated), ("[1,", .truncated), (#""abc"#, .truncated), ("{", .truncated),
        ("nul", .truncated), ("nulx", .unexpectedOctet(UInt8(ascii: "x"))), ("1 2", .trailingOctets),
        ("1.5", .invalidNumber), ("1e3", .invalidNumber), ("01", .invalidNumber),
        ("9223372036854775808", .invalidNumber), ("-", .truncated), (#"{"a":1,"a":2}"#, .duplicateName("a")),
        (#""\ud800""#, .invalidString), (#""\ud800\u0041""#, .invalidString), ("\"\u{1}\"", .invalidString),
        (#""\x""#, .unexpectedOctet(UInt8(ascii: "x"))), ("[1,]", .unexpectedOctet(UInt8(ascii: "]"))),
        (#"{"a" 1}"#, .unexpectedOctet(UInt8(ascii: "1"))), ("{1:2}", .unexpectedOctet(UInt8(ascii: "1"))),
    ])
    func refuses(text: String, kind: JSONError.Kind) {
        #expect(refusal(of: Array(text.utf8)) == kind)
    }

    @Test func refusesOctetsThatAreNotUTF8() {
        #expect(refusal(of: [0x22, 0xff, 0x22]) == .invalidString)
    }

    @Test func refusesNestingBeyondItsDepth() {
        let deepest = [UInt8](repeating: UInt8(ascii: "["), count: JSONReader.maximumDepth)
        let ends = [UInt8](repeating: UInt8(ascii: "]"), count: JSONReader.maximumDepth)
        #expect(refusal(of: deepest + ends) == nil)
        #expect(refusal(of: deepest + [UInt8(ascii: "[")] + ends) == .tooDeep)
        #expect(refusal(of: [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)) == .tooDeep)
    }

    @Test func refusesTextBeyondItsSize() {
        #expect(throws: JSONError(.tooLong, at: 3)) {
            try JSONReader.read(Array("1234".utf8), maximumSize: 3)
        }
    }

    @Test func survivesEveryTruncationAndEveryChangedOctet() {
        let text = Array(#"{"a":[1,-2,"x\u00e9\\",true,null],"b":{"c":""}}"#.utf8)
        for end in text.indices { _ = try? JSONReader.read(Array(text[..<end])) }
        for index in text.indices {
            for octet in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = octet
                guard let value = try? JSONReader.read(changed) else { continue }
                #expect((try? JSONReader.read(JSONWriter.octets(value))) == value)
            }
        }
    }

    @Test func writesNoControlCharacter() {
        let text = JSONWriter.text(.string("\u{1b}[2J\r\n\u{7f}\u{9b}\u{2028}"))
        #expect(text.unicodeScalars.allSatisfy { (0x20...0x7e).contains($0.value) })
    }

    private func refusal(of octets: [UInt8]) -> JSONError.Kind? {
        do {
            _ = try JSONReader.read(octets)
            return nil
        } catch {
            return error.kind
        }
    }
}
