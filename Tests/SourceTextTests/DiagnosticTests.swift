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
        #expect(file.text(ofLine: 1) == "x\u{fffd}[31m")
        #expect(file.text(ofLine: 2) == "y\u{fffd}\u{fffd}")
        #expect(file.text(ofLine: 3) == "")
    }

    @Test func speaksOfAFileAsAWhole() {
        let diagnostic = Diagnostic(.error, file: "a.conf", "cannot be read")
        #expect(diagnostic.rendered == "a.conf: error: cannot be read")
    }
}
