/// A text that a person wrote, kept with its line starts so that a message can point into it.
package final class SourceFile: Sendable {
    /// The path as given, for messages.
    package let name: String
    package let bytes: [UInt8]
    private let lineStarts: [Int]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            starts.append(offset + 1)
        }
        lineStarts = starts
    }

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

    /// A line without its end, unprintable octets replaced.
    package func text(ofLine line: Int) -> String {
        guard lineStarts.indices.contains(line - 1) else { return "" }
        let start = lineStarts[line - 1]
        var end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
        while end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return Self.printable(bytes[start..<end])
    }

    /// Octets as text in which no control character can disturb a terminal.
    package static func printable(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let isControl = (scalar.value < 0x20 && scalar != "\t") || (0x7f...0x9f).contains(scalar.value)
            text.unicodeScalars.append(isControl ? "\u{fffd}" : scalar)
        }
        return text
    }

    static func characters(in bytes: some Collection<UInt8>) -> Int {
        String(decoding: bytes, as: UTF8.self).unicodeScalars.count
    }
}
