/// The messages about a text and what it includes.
///
/// It is bounded, so that no text, however wrong, fills the memory or the screen: of each severity the first
/// hundred are kept, the others are counted.
package struct DiagnosticList: Hashable, Sendable {
    /// Messages of one severity that are kept.
    package static let most = 100

    private var kept: [Diagnostic] = []
    private var counts: [Diagnostic.Severity: Int] = [:]

    package init(_ diagnostics: some Sequence<Diagnostic> = []) {
        for diagnostic in diagnostics { append(diagnostic) }
    }

    /// How many messages of a severity there are, kept or not.
    package func count(of severity: Diagnostic.Severity) -> Int { counts[severity] ?? 0 }

    package mutating func append(_ diagnostic: Diagnostic) {
        let count = count(of: diagnostic.severity)
        counts[diagnostic.severity] = count + 1
        if count < Self.most { kept.append(diagnostic) }
    }

    package mutating func append(contentsOf list: DiagnosticList) {
        for diagnostic in list.kept { append(diagnostic) }
        for (severity, omitted) in list.omitted { counts[severity, default: 0] += omitted }
    }

    /// The same messages file by file in order of first mention, each file's in order of its text.
    package var inOrderOfText: DiagnosticList {
        var ranks: [String: Int] = [:]
        for diagnostic in kept where ranks[diagnostic.file] == nil { ranks[diagnostic.file] = ranks.count }
        var sorted = self
        sorted.kept = kept.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            return (ranks[first.file] ?? 0, first.offset, left.offset)
                < (ranks[second.file] ?? 0, second.offset, right.offset)
        }.map(\.element)
        return sorted
    }

    /// Each message on one line, and a line that counts those left out.
    package var headlines: [String] { kept.map(\.headline) + closing }

    /// Each message with its source line, and a line that counts those left out; no line end after the last line.
    package var rendered: String { (kept.map(\.rendered) + closing).joined(separator: "\n") }

    private var omitted: [(severity: Diagnostic.Severity, count: Int)] {
        Diagnostic.Severity.allCases.map { ($0, count(of: $0) - Self.most) }.filter { $0.1 > 0 }
    }

    /// `… and 12 more errors, 1 more notice`, if any were left out.
    private var closing: [String] {
        let parts = omitted.map { "\($0.count) more \($0.severity.rawValue)\($0.count == 1 ? "" : "s")" }
        return parts.isEmpty ? [] : ["… and " + parts.joined(separator: ", ")]
    }
}

/// The messages that were kept.
extension DiagnosticList: RandomAccessCollection {
    package var startIndex: Int { kept.startIndex }
    package var endIndex: Int { kept.endIndex }
    package subscript(position: Int) -> Diagnostic { kept[position] }
}
