/// A text that a person wrote, kept with its line starts so that a message can point into it.
package final class SourceFile: Sendable {
    /// The path as given, for messages.
    package let name: String
    package let bytes: [UInt8]
    private let lineStarts: [Int]
    /// What messages show of a stretch of the octets; nil for the octets themselves.
    private let redaction: Redaction?

    /// Gives as many octets as the range has, keys and the like replaced.
    package typealias Redaction = @Sendable (_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            starts.append(offset + 1)
        }
        lineStarts = starts
        redaction = nil
    }

    /// The same text, of which messages show no more than `redaction` gives.
    package init(_ file: SourceFile, showing redaction: @escaping Redaction) {
        name = file.name
        bytes = file.bytes
        lineStarts = file.lineStarts
        self.redaction = redaction
    }

    /// The octets of a range as messages may show them.
    func shown(_ range: Range<Int>) -> [UInt8] { redaction?(bytes, range) ?? Array(bytes[range]) }

    package convenience init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    /// The line that holds an offset, from 1.
    package func line(at offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    /// The column of an offset in characters of the line, from 1.
    package func column(at offset: Int) -> Int {
        let start = lineStarts[line(at: offset) - 1]
        let end = min(offset, bytes.count)
        guard start < end else { return 1 }
        return Self.characters(in: bytes[start..<end]) + 1
    }

    /// Where the line around an offset is, without its end; what is further away than `reach` is left out.
    func line(at offset: Int, within reach: Int) -> Range<Int> {
        let line = line(at: offset)
        var start = max(lineStarts[line - 1], offset - reach)
        if start > lineStarts[line - 1] {
            start = bytes[start..<offset].firstIndex { !Self.continuesCharacter($0) } ?? offset
        }
        let lineEnd = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
        var end = min(lineEnd, offset + reach)
        if end < lineEnd {
            while end > offset, Self.continuesCharacter(bytes[end]) { end -= 1 }
        } else {
            while end > max(start, offset), bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        }
        return start..<max(start, end)
    }

    /// Whether an octet is a further one of a character in UTF-8.
    private static func continuesCharacter(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }

    /// Octets as text in which no control character can disturb a terminal.
    package static func printable(_ bytes: some Collection<UInt8>) -> String {
        if bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let isControl = (scalar.value < 0x20 && scalar != "\t") || (0x7f...0x9f).contains(scalar.value)
            text.unicodeScalars.append(isControl ? "\u{fffd}" : scalar)
        }
        return text
    }

    /// Text without control characters; what is longer ends in `…`.
    static func printable(_ text: String, atMost limit: Int) -> String {
        guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return printable(text.utf8) }
        let beginning = String(text.unicodeScalars.prefix(limit - 1))
        return printable(beginning.utf8) + "…"
    }

    static func characters(in bytes: some Collection<UInt8>) -> Int {
        if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.count }
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.count
    }
}
