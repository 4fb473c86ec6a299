/// A block between `-----BEGIN` and `-----END` (RFC 7468), by where it is in the text.
package struct PEMBlock: Hashable, Sendable {
    package let label: String
    /// Of the BEGIN, the first being 1.
    package let line: Int
    /// The whole block, both lines included.
    package let range: Range<Int>
    /// What is between the lines.
    package let body: Range<Int>
}

/// The blocks of a text.
package enum PEM {
    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)
    private static let mostBlocks = 2048
    private static let longestLabel = 64

    /// Why a text has no whole blocks.
    package enum Failure: Error, Hashable, Sendable {
        case noEnd(label: String, line: Int)
        case endMismatch(expected: String, found: String, line: Int)
        case tooMany(Int)
    }

    /// Whether a file is PEM and none of its blocks is of a kind.
    static func isWithout(_ isOfKind: (_ label: String) -> Bool, _ text: Span<UInt8>) -> Bool {
        guard let blocks = try? blocks(text), !blocks.isEmpty else { return false }
        return !blocks.contains { isOfKind($0.label) }
    }

    /// Finds the blocks; text around them is skipped.
    package static func blocks(_ text: Span<UInt8>) throws(Failure) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var open: (label: String, line: Int, start: Int, body: Int)?
        var lines = TextLines(text.count)
        while let line = lines.next(text) {
            if let label = label(text, line.range, begin) {
                open = (label, line.number, line.range.lowerBound, line.next)
            } else if let label = label(text, line.range, end), let opened = open {
                guard label == opened.label else {
                    throw .endMismatch(expected: opened.label, found: label, line: line.number)
                }
                guard blocks.count < mostBlocks else { throw .tooMany(mostBlocks) }
                blocks.append(
                    PEMBlock(
                        label: label, line: opened.line, range: opened.start..<line.next,
                        body: opened.body..<line.range.lowerBound))
                open = nil
            }
        }
        if let open { throw .noEnd(label: open.label, line: open.line) }
        return blocks
    }

    /// The label of a BEGIN or END line; nil for other lines.
    private static func label(_ text: Span<UInt8>, _ line: Range<Int>, _ start: [UInt8]) -> String? {
        let length = line.count - start.count - dashes.count
        guard (0...longestLabel).contains(length) else { return nil }
        let octets = line.map { text[$0] }
        guard octets.starts(with: start), octets.suffix(dashes.count).elementsEqual(dashes) else {
            return nil
        }
        return String(decoding: octets.dropFirst(start.count).prefix(length), as: UTF8.self)
    }

    /// What is public as a block, 64 digits a line.
    package static func text(_ label: String, _ octets: [UInt8]) -> String {
        let digits = base64(octets)
        let lines = stride(from: 0, to: digits.count, by: 64).map { start in
            String(decoding: digits[start..<min(start + 64, digits.count)], as: UTF8.self)
        }
        return (["-----BEGIN \(label)-----"] + lines + ["-----END \(label)-----", ""]).joined(separator: "\n")
    }

    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Base64 of what is public, on one line.
    package static func base64(_ octets: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            var bits: UInt32 = 0
            for octet in group { bits = bits << 8 | UInt32(octet) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let digit = Int(bits >> UInt32(18 - 6 * place) & 63)
                text.append(place <= group.count ? digits[digit] : UInt8(ascii: "="))
            }
        }
        return text
    }
}

/// The lines of a text, by where they are.
struct TextLines {
    private let count: Int
    private var position = 0
    private var number = 0

    init(_ count: Int) {
        self.count = count
    }

    /// The next line without what ends it, and where the one behind it starts; nil at the end.
    mutating func next(_ text: Span<UInt8>) -> (number: Int, range: Range<Int>, next: Int)? {
        guard position < count else { return nil }
        let start = position
        var end = start
        while end < count, text[end] != UInt8(ascii: "\n") { end += 1 }
        position = min(end + 1, count)
        number += 1
        while end > start, text[end - 1] == UInt8(ascii: "\r") || text[end - 1] == 0x20 { end -= 1 }
        return (number, start..<end, position)
    }
}
