import Testing

@testable import SourceText

@Suite struct LineExcerptTests {
    /// 0123456789012… : the character under the caret tells where it stands.
    private static func line(_ count: Int) -> String {
        String((0..<count).map { Character("\($0 % 10)") })
    }

    @Test func aLineThatFitsIsShownWhole() {
        let line = Self.line(160)
        let excerpt = LineExcerpt(of: line, column: 160, width: 3)
        #expect(excerpt.text == line)
        #expect(excerpt.caret == String(repeating: " ", count: 159) + "^")
    }

    @Test(arguments: [1, 2, 60, 61, 62, 63, 500, 840, 841, 842, 999, 1000])
    func theCaretStandsUnderTheSameCharacter(column: Int) throws {
        let excerpt = LineExcerpt(of: Self.line(1000), column: column, width: 1)
        let indent = excerpt.caret.count - 1
        #expect(excerpt.text.count == 160)
        #expect(Array(excerpt.text)[indent] == Character("\((column - 1) % 10)"))
        #expect(excerpt.caret == String(repeating: " ", count: indent) + "^")
    }

    @Test func marksSayWhereTheLineGoesOn() {
        let line = Self.line(1000)
        let first = LineExcerpt(of: line, column: 1, width: 1).text
        #expect(first.hasPrefix("012") && first.hasSuffix("678…"))
        let middle = LineExcerpt(of: line, column: 500, width: 1).text
        #expect(middle.hasPrefix("…012") && middle.hasSuffix("678…") == false && middle.hasSuffix("…"))
        let last = LineExcerpt(of: line, column: 1000, width: 1).text
        #expect(last.hasPrefix("…1") && last.hasSuffix("789"))
    }

    @Test func nothingIsUnderlinedBeyondTheExcerpt() {
        let excerpt = LineExcerpt(of: Self.line(1000), column: 500, width: 400)
        #expect(excerpt.caret.count == 160)
        #expect(excerpt.caret.hasSuffix("^" + String(repeating: "~", count: 99)))
    }

    @Test func theCaretMayStandBehindTheLine() {
        #expect(LineExcerpt(of: "", column: 1, width: 1).caret == "^")
        let excerpt = LineExcerpt(of: Self.line(1000), column: 1001, width: 1)
        #expect(excerpt.caret == String(repeating: " ", count: 160) + "^")
    }

    @Test func tabsBeforeTheCaretStayTabs() {
        let line = String(repeating: "\t", count: 300) + "x"
        let excerpt = LineExcerpt(of: line, column: 301, width: 1)
        #expect(excerpt.text == "…" + String(repeating: "\t", count: 158) + "x")
        #expect(excerpt.caret == " " + String(repeating: "\t", count: 158) + "^")
    }
}
