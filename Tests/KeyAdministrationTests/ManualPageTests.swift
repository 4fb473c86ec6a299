import Foundation
import Testing

@testable import KeyAdministration

@Suite struct ManualPageTests {
    /// Every option of the usage stands in the manual page.
    @Test func everyOptionIsDocumented() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "man/swiftkey.8"), encoding: .utf8)
        let words = CommandLineResult.usage.split { " []|,\n".contains($0) }.map(String.init)
        let long = Set(words.filter { $0.hasPrefix("--") }.map { $0.dropFirst(2) })
        let short = Set(words.filter { $0.hasPrefix("-") && !$0.hasPrefix("--") }.flatMap { $0.dropFirst() })
        #expect(long.count >= 9 && short.count >= 13)
        for name in long { #expect(page.contains("Fl -\(name)"), "--\(name)") }
        for letter in short { #expect(page.contains("\n.It Fl \(letter)"), "-\(letter)") }
    }
}
