/// Keeps keys out of the source lines that messages show.
enum SecretText {
    /// How far before a line its meaning is looked for, in octets.
    private static let lookBack = 4096

    /// The octets of `range`, with stars for strings, for long hexadecimal words and for what follows the name of an
    /// algorithm.
    static func masked(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var start = max(0, range.lowerBound - lookBack)
        while start > 0, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        var mask = KeyMask()
        for byte in bytes[start..<range.upperBound] { mask.append(byte) }
        return Array(mask.finish().suffix(range.count))
    }
}

/// A copy of text in which keys are stars.
private struct KeyMask {
    private enum Place {
        case text
        case word(start: Int)
        case string
        case comment
    }

    /// What the next word is.
    private enum Expectation {
        case anything
        case algorithm
        case key
    }

    private var octets: [UInt8] = []
    private var place = Place.text
    private var expectation = Expectation.anything

    mutating func append(_ byte: UInt8) {
        switch place {
        case .comment:
            octets.append(byte)
            if byte == UInt8(ascii: "\n") { place = .text }
        case .string:
            let isEnd = byte == UInt8(ascii: "\"")
            let isVisible = isEnd || byte == UInt8(ascii: "\n")
            octets.append(isVisible ? byte : UInt8(ascii: "*"))
            if isEnd { place = .text }
        case .text, .word: appendOutside(byte)
        }
    }

    private mutating func appendOutside(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""):
            closeWord()
            (place, expectation) = (.string, .anything)
        case UInt8(ascii: "#"):
            closeWord()
            place = .comment
        case UInt8(ascii: ";"):
            closeWord()
            expectation = .anything
        case 0x09...0x0d, 0x20: closeWord()
        default:
            if case .text = place { place = .word(start: octets.count) }
        }
        octets.append(byte)
    }

    private mutating func closeWord() {
        guard case .word(let start) = place else { return }
        place = .text
        let word = octets[start...]
        let isFlag = word.first == UInt8(ascii: "-")
        let isLong = word.count > Number.longest && Number.isHexadecimal(word)
        if isLong || (expectation == .key && !isFlag) {
            octets.replaceSubrange(start..., with: repeatElement(UInt8(ascii: "*"), count: word.count))
        }
        if isFlag, word.elementsEqual("-E".utf8) || word.elementsEqual("-A".utf8) {
            expectation = .algorithm
        } else {
            expectation = expectation == .algorithm ? .key : .anything
        }
    }

    /// All octets that were appended.
    consuming func finish() -> [UInt8] {
        closeWord()
        return octets
    }
}
