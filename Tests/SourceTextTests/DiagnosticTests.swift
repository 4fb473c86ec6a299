import Testing

@testable import SourceText

@Suite struct DiagnosticTests {
    @Test func rendersTheLineAndACaretUnderTheWord() {
        let file = SourceFile(name: "a.conf", text: "one\n\ttwo three;\n")
        let place = SourceLocation(file: file, offset: 9, length: 5)
        let expected = """
            a.conf:2:6: error: no such word
                \ttwo three;
                \t    ^~~~~
            """
        #expect(place.error("no such word").rendered == expected)
    }

    @Test func countsCharactersNotOctets() {
        let file = SourceFile(name: "a.conf", text: "äöü x")
        let place = SourceLocation(file: file, offset: 7, length: 1)
        #expect(place.line == 1)
        #expect(place.column == 5)
        #expect(place.warning("w").rendered.hasSuffix("\n        ^"))
    }

    @Test func pointsBehindTheLastLine() {
        let file = SourceFile(name: "a.conf", text: "abc")
        #expect(
            SourceLocation(file: file, offset: 3, length: 0).error("e").headline == "a.conf:1:4: error: e")
        #expect(SourceLocation(file: file, offset: 99, length: 9).column == 4)
        let empty = SourceFile(name: "e", text: "")
        #expect(
            SourceLocation(file: empty, offset: 0, length: 0).error("e").rendered
                == "e:1:1: error: e\n    \n    ^")
    }

    @Test func hidesControlCharactersAndCarriageReturns() {
        let file = SourceFile(name: "a", bytes: Array("x\u{1b}[31m\r\ny".utf8) + [0xff, 0x00])
        let first = SourceLocation(file: file, offset: 5, length: 9).error("e")
        #expect(first.rendered == "a:1:6: error: e\n    x\u{fffd}[31m\n         ^")
        let second = SourceLocation(file: file, offset: 8, length: 1).error("e")
        #expect(second.rendered == "a:2:1: error: e\n    y\u{fffd}\u{fffd}\n    ^")
        let lineEnd = SourceLocation(file: file, offset: 7, length: 1).error("e")
        #expect(lineEnd.rendered == "a:1:8: error: e\n    x\u{fffd}[31m\u{fffd}\n           ^")
    }

    @Test func speaksOfAFileAsAWhole() {
        let diagnostic = Diagnostic(.error, file: "a.conf", "cannot be read")
        #expect(diagnostic.rendered == "a.conf: error: cannot be read")
    }

    @Test func aMessageIsPrintableAndNotEndless() {
        let file = SourceFile(name: "a\u{1b}b", text: "x")
        let place = SourceLocation(file: file, offset: 0, length: 1)
        #expect(place.error("no \u{7}\n").headline == "a\u{fffd}b:1:1: error: no \u{fffd}\u{fffd}")
        #expect(Diagnostic(.notice, file: "a", "é\u{1b}").headline == "a: notice: é\u{fffd}")
        let whole = String(repeating: "é", count: 1000)
        #expect(place.error(whole).message == whole)
        #expect(place.error(whole + "é").message == whole.dropLast() + "…")
    }

    @Test func aLongLineIsCutAroundTheCaret() {
        let text =
            "first\n" + String(repeating: "a", count: 5000) + "wrong" + String(repeating: "b", count: 5000)
        let place = SourceLocation(file: SourceFile(name: "a.conf", text: text), offset: 5006, length: 5)
        let expected = """
            a.conf:2:5001: error: no
                …\(String(repeating: "a", count: 59))wrong\(String(repeating: "b", count: 94))…
                \(String(repeating: " ", count: 60))^~~~~
            """
        #expect(place.error("no").rendered == expected)
    }
}
