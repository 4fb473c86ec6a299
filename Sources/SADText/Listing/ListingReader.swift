import Algorithms
import IPsec
import SetkeyScript
import SourceText

/// The SAs that `swiftkey -D`, or setkey, lists.
struct ListingReader {
    private var lines: TextLines
    private let truncation: ScriptSettings.SHA256Truncation
    /// A line that was read and belongs to the next SA.
    private var ahead: TextLine?

    init(_ file: SourceFile, _ settings: ScriptSettings) {
        lines = TextLines(SourceFile(file, hiding: Self.keys))
        truncation = settings.sha256Truncation
    }

    /// Keys of a line: all that follows the algorithm's name.
    private static func keys(_ bytes: [UInt8], _ line: Range<Int>) -> [Range<Int>] {
        let words = TextLines.words(bytes, line, until: TextLines.isBlank)
        guard words.count > 2,
            bytes[words[0]].elementsEqual("E:".utf8) || bytes[words[0]].elementsEqual("A:".utf8)
        else { return [] }
        return Array(words.dropFirst(2))
    }

    mutating func next(_ remarks: inout [Diagnostic]) throws(Diagnostic) -> [StatedAssociation]? {
        guard let first = nextLine() else { return nil }
        if first.text(first.words[0]) == "No" { return [] }
        guard !first.isIndented, first.words.count == 2 else {
            skipEntry()
            throw first.location.error("expected the two addresses of an SA, as swiftkey -D writes them")
        }
        var listed = ListedAssociation()
        var failure: Diagnostic?
        while let line = nextLine() {
            guard line.isIndented else {
                ahead = line
                break
            }
            do throws(Diagnostic) {
                try listed.take(line, &remarks)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return try association(listed, first, &remarks)
    }

    private func association(
        _ listed: ListedAssociation, _ first: TextLine, _ remarks: inout [Diagnostic]
    ) throws(Diagnostic) -> [StatedAssociation] {
        if let reason = listed.reasonToSkip {
            remarks.append(first.location.notice(reason))
            return []
        }
        let source = try ListedEnd(first, first.words[0])
        let destination = try ListedEnd(first, first.words[1])
        let entry = try listed.entry(from: source, to: destination, truncation, at: first.location)
        return [StatedAssociation(entry: entry, location: first.location, coverage: PacketCoverage(entry))]
    }

    /// The next line that is neither empty nor a comment.
    private mutating func nextLine() -> TextLine? {
        if let line = ahead {
            ahead = nil
            return line
        }
        while let line = lines.next() {
            if !line.words.isEmpty, !line.isComment { return line }
        }
        return nil
    }

    private mutating func skipEntry() {
        while let line = nextLine() {
            guard line.isIndented else {
                ahead = line
                return
            }
        }
    }
}

/// An address of a listing with its ports: `10.0.0.1[4500]`, with `-p` behind another `[0]`.
struct ListedEnd {
    var address: IPAddress
    /// The last of them: that of UDP, where the SA is in UDP.
    var port: UInt16?
    var location: SourceLocation

    init(_ line: TextLine, _ word: Range<Int>) throws(Diagnostic) {
        location = line.location(word)
        let text = line.text(word)
        guard let address = IPAddress(text.prefix { $0 != "[" && $0 != "%" }) else {
            throw location.error("expected an address, found '\(text.prefix(60))'")
        }
        self.address = address
        guard let open = text.lastIndex(of: "["), text.last == "]" else { return }
        port = UInt16(text[text.index(after: open)...].dropLast())
    }
}
