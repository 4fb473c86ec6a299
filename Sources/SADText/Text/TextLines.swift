import SourceText

/// A line of a text, cut into words at blanks.
struct TextLine {
    let file: SourceFile
    /// Octets of the file, without the line's end.
    let range: Range<Int>
    let words: [Range<Int>]

    var isComment: Bool { words.first.map { byte(at: $0.lowerBound) == UInt8(ascii: "#") } ?? false }
    var isIndented: Bool { words.first.map { $0.lowerBound > range.lowerBound } ?? false }
    /// The first word, or the empty line.
    var location: SourceLocation { location(words.first ?? range) }

    func byte(at offset: Int) -> UInt8 { file.bytes[offset] }

    func text(_ word: Range<Int>) -> String { String(decoding: file.bytes[word], as: UTF8.self) }

    /// A word of the line by its place; nil beyond the last.
    func text(wordAt index: Int) -> String? { words.indices.contains(index) ? text(words[index]) : nil }

    func location(_ range: Range<Int>) -> SourceLocation {
        SourceLocation(file: file, offset: range.lowerBound, length: range.count)
    }
}

/// The lines of a text, one after the other.
struct TextLines {
    let file: SourceFile
    private var offset = 0

    init(_ file: SourceFile) {
        self.file = file
    }

    /// The next line, also an empty one; nil at the end of the text.
    mutating func next() -> TextLine? {
        let bytes = file.bytes
        guard offset < bytes.count else { return nil }
        let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        defer { offset = end + 1 }
        return TextLine(
            file: file, range: offset..<end, words: Self.words(bytes, offset..<end, until: Self.isBlank))
    }

    /// Stretches of `range` without blanks.
    static func words(_ bytes: [UInt8], _ range: Range<Int>, until isBlank: (UInt8) -> Bool) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var start: Int?
        for offset in range {
            if !isBlank(bytes[offset]) {
                start = start ?? offset
            } else if let first = start {
                words.append(first..<offset)
                start = nil
            }
        }
        if let start { words.append(start..<range.upperBound) }
        return words
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
