import SourceText
import Testing

@Suite struct DiagnosticListTests {
    private static let file = SourceFile(name: "a.conf", text: String(repeating: "x", count: 1000))

    private static func list(_ severity: Diagnostic.Severity, _ count: Int) -> DiagnosticList {
        DiagnosticList(
            (0..<count).map { offset in
                Diagnostic(severity, SourceLocation(file: file, offset: offset, length: 1), "m\(offset)")
            })
    }

    @Test func keepsAllOfAFew() {
        let list = Self.list(.error, 100)
        #expect(list.count == 100)
        #expect(list.headlines.last == "a.conf:1:100: error: m99")
    }

    @Test func countsWhatItDoesNotKeep() {
        var list = Self.list(.error, 101)
        list.append(contentsOf: Self.list(.warning, 3))
        #expect(list.headlines.count == 104)
        #expect(list.headlines.last == "… and 1 more error")
        list.append(contentsOf: Self.list(.error, 120))
        list.append(contentsOf: Self.list(.notice, 102))
        #expect(list.count(of: .error) == 221)
        #expect(list.count(of: .warning) == 3)
        #expect(list.count == 203)
        #expect(list.headlines.last == "… and 121 more errors, 2 more notices")
        #expect(list.rendered.hasSuffix("\n… and 121 more errors, 2 more notices"))
        #expect(list.inOrderOfText.headlines.last == list.headlines.last)
    }

    @Test func sortsByTheTextOfEachFile() {
        let other = SourceFile(name: "b.conf", text: "one\ntwo\n")
        let list = DiagnosticList([
            SourceLocation(file: other, offset: 4, length: 3).error("second"),
            Diagnostic(.error, file: "a.conf", "whole"),
            SourceLocation(file: Self.file, offset: 1, length: 1).error("third"),
            SourceLocation(file: other, offset: 0, length: 3).error("first"),
        ])
        #expect(list.inOrderOfText.map(\.message) == ["first", "second", "whole", "third"])
    }

    /// A line of 96 KiB of which each word is an error.
    @Test func aLongLineOfErrorsMakesAShortReport() {
        let text = String(repeating: "é ", count: 1 << 15)
        let file = SourceFile(name: "a.conf", text: text)
        var list = DiagnosticList()
        for offset in stride(from: 0, to: file.bytes.count, by: 3) {
            list.append(SourceLocation(file: file, offset: offset, length: 2).error("no"))
        }
        #expect(list.count(of: .error) == 1 << 15)
        #expect(list.rendered.utf8.count < 100 * 800)
        #expect(list.rendered.hasSuffix("\n… and 32668 more errors"))
    }
}
