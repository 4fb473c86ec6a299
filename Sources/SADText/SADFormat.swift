package import SourceText

/// The texts that SAs with their keys are found in.
package enum SADFormat: String, Hashable, Sendable, CaseIterable {
    /// A file in setkey's language, of which the `add` statements count.
    case setkey
    /// What `swiftkey -D` and `setkey -D` print.
    case listing
    /// What `ip xfrm state` prints, with or without `-s` and `-d`.
    case kernelState = "ip-xfrm"
    /// Wireshark's table of ESP SAs, the file `esp_sa` of its configuration.
    case wireshark

    /// What it is, for messages.
    package var title: String {
        switch self {
        case .setkey: "a setkey file"
        case .listing: "a listing of swiftkey -D"
        case .kernelState: "the output of ip xfrm state"
        case .wireshark: "a Wireshark esp_sa table"
        }
    }

    /// The format of a text, by its first line that is neither empty nor a comment.
    ///
    /// What looks like none of the others is taken as a setkey file, whose reader says what it does not understand.
    package static func recognised(in file: SourceFile) -> SADFormat {
        var lines = TextLines(file)
        while let line = lines.next() {
            guard let first = line.words.first, !line.isComment else { continue }
            if line.byte(at: first.lowerBound) == UInt8(ascii: "\"") { return .wireshark }
            if line.text(first) == "src", line.words.count >= 4, line.text(line.words[2]) == "dst" {
                return .kernelState
            }
            return isListing(line, before: lines.next()) ? .listing : .setkey
        }
        return .setkey
    }

    /// Whether a line names two addresses alone, and the next one says which mode they use.
    private static func isListing(_ line: TextLine, before next: TextLine?) -> Bool {
        if line.words.map({ line.text($0) }) == ["No", "SAD", "entries."] { return true }
        guard line.words.count == 2, let next, next.words.count >= 2 else { return false }
        return next.text(next.words[1]).hasPrefix("mode=")
    }
}
