import Testing

@testable import IKEConfiguration

/// The manual page names every statement, and its examples load.
@Suite struct ManualPageTests {
    private static func page() throws -> String {
        String(decoding: try ExampleFiles.text("man/swiftike.conf.5"), as: UTF8.self)
    }

    @Test func examplesLoad() throws {
        let examples = try Self.page().components(between: ".Bd -literal -offset indent\n", and: ".Ed\n")
        #expect(examples.count == 4)
        for example in examples {
            let result = FileSet().load(example)
            #expect(result.headlines.isEmpty)
            #expect(result.configuration != nil)
        }
    }

    @Test func everyStatementIsNamed() throws {
        let separators: Set<Character> = [" ", "\n", ",", ";", ":"]
        let words = Set(try Self.page().split { separators.contains($0) }.map(String.init))
        for block in Grammar.blocks {
            let missing = block.keywords.subtracting(words)
            #expect(missing.isEmpty)
        }
    }
}

extension String {
    /// The texts between pairs of marks.
    fileprivate func components(between open: String, and close: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let start = rest.firstRange(of: open), let end = rest[start.upperBound...].firstRange(of: close)
        {
            parts.append(String(rest[start.upperBound..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return parts
    }
}
