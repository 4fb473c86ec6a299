import SourceText

/// The words of `ip xfrm state`'s output: its line ends mean nothing, as `-o` shows by writing backslashes for them.
struct StateWords {
    let file: SourceFile
    private let words: [Range<Int>]
    private var index = 0

    init(_ file: SourceFile) {
        self.file = SourceFile(file, hiding: Self.keys)
        words = TextLines.words(file.bytes, file.bytes.indices) { Self.isBlank($0) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        TextLines.isBlank(byte) || byte == UInt8(ascii: "\\")
    }

    /// Keys of a line: what follows an algorithm's name, and any long number.
    private static func keys(_ bytes: [UInt8], _ line: Range<Int>) -> [Range<Int>] {
        let words = TextLines.words(bytes, line) { isBlank($0) }
        return words.enumerated().filter { index, word in
            if word.count > 10, bytes[word].starts(with: "0x".utf8) { return true }
            return index >= 2 && algorithmWords.contains { bytes[words[index - 2]].elementsEqual($0.utf8) }
        }.map(\.element)
    }

    /// Words that an algorithm's name and its key follow.
    static let algorithmWords = ["auth", "auth-trunc", "aead", "enc"]

    /// The word that comes next; nil at the end.
    var next: String? { words.indices.contains(index) ? text(words[index]) : nil }

    /// Where the next word stands, or the text's end.
    var location: SourceLocation {
        guard words.indices.contains(index) else {
            return SourceLocation(file: file, offset: file.bytes.count, length: 0)
        }
        return location(words[index])
    }

    func location(_ range: Range<Int>) -> SourceLocation {
        SourceLocation(file: file, offset: range.lowerBound, length: range.count)
    }

    func text(_ word: Range<Int>) -> String { String(decoding: file.bytes[word], as: UTF8.self) }

    mutating func skip() { index += 1 }

    /// Skips the next word if it is this one.
    mutating func skip(_ word: String) -> Bool {
        guard next == word else { return false }
        index += 1
        return true
    }

    /// Skips to the next SA: a `src` that is not a selector's.
    mutating func skipToAssociation() {
        while let word = next {
            if word == "src", index == 0 || text(words[index - 1]) != "sel" { return }
            index += 1
        }
    }

    mutating func take(_ what: String) throws(Diagnostic) -> Range<Int> {
        guard words.indices.contains(index) else {
            throw location.error("the text ends here; expected \(what)")
        }
        defer { index += 1 }
        return words[index]
    }

    /// Takes a number, and leaves out what `-s` writes behind it in brackets, and a comma.
    mutating func takeNumber<Number: FixedWidthInteger>(_ what: String) throws(Diagnostic) -> Number {
        let word = try take(what)
        let digits = text(word).prefix { $0 != "(" && $0 != "," }
        guard let number: Number = NumberText.parse(digits) else {
            throw location(word).error("expected \(what), a number")
        }
        return number
    }

    mutating func takeParsed<Value>(
        _ what: String, _ parse: (String) -> Value?
    ) throws(Diagnostic) -> Value {
        let word = try take(what)
        guard let value = parse(text(word)) else {
            throw location(word).error("expected \(what), found '\(text(word).prefix(40))'")
        }
        return value
    }
}
