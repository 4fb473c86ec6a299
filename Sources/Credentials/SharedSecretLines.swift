/// One line of a file of pre-shared keys: where its key is, not what it is.
struct SharedSecretLine {
    let number: Int
    var name: [UInt8] = []
    /// Offsets in the file; nil where the line has no entry.
    var key: Range<Int>?
    var isHexadecimal = false
    /// What to tell about the line, and whether that makes it unusable.
    var remarks: [(explanation: String, isRefused: Bool)] = []
}

/// The lines of a file of pre-shared keys, one by one.
struct SharedSecretLines {
    private var lines: ArraySlice<SharedSecretLine>

    init(_ content: Span<UInt8>, longest: Int) {
        var lines: [SharedSecretLine] = []
        var start = 0
        while start < content.count {
            var end = start
            while end < content.count, content[end] != UInt8(ascii: "\n") { end += 1 }
            lines.append(Self.read(content, start..<end, number: lines.count + 1, longest: longest))
            start = end + 1
        }
        self.lines = lines[...]
    }

    mutating func next() -> SharedSecretLine? { lines.popFirst() }

    private static func read(_ content: Span<UInt8>, _ range: Range<Int>, number: Int, longest: Int)
        -> SharedSecretLine
    {
        var line = SharedSecretLine(number: number)
        guard !range.isEmpty, content[range.lowerBound] != UInt8(ascii: "#") else { return line }
        var end = range.lowerBound
        while end < range.upperBound, !isBlank(content[end]) { end += 1 }
        var start = end
        while start < range.upperBound, isBlank(content[start]) { start += 1 }
        if let obstacle = obstacle(content, range, nameEnd: end, keyStart: start, longest: longest) {
            line.remarks.append((obstacle, true))
            return line
        }
        guard start < range.upperBound else { return line }
        line.name = content.extracting(range.lowerBound..<end).octets
        line.key = start..<range.upperBound
        line.isHexadecimal =
            range.upperBound - start >= 2 && content[start] == UInt8(ascii: "0")
            && content[start + 1] == UInt8(ascii: "x")
        line.remarks += surprises(content, line.name, start..<range.upperBound)
        return line
    }

    /// Why a line that is not empty holds no entry anybody could mean.
    private static func obstacle(
        _ content: Span<UInt8>, _ range: Range<Int>, nameEnd: Int, keyStart: Int, longest: Int
    ) -> String? {
        guard range.count <= longest else {
            return "the line is longer than \(longest) octets; shorten the key"
        }
        for index in range where content[index] == 0 {
            return "the line holds a zero octet; write the key as 0x…"
        }
        let isBlankLine = keyStart == range.upperBound && nameEnd == range.lowerBound
        guard !isBlankLine else { return nil }
        if nameEnd == range.lowerBound {
            return "the line starts with a blank; start it with the peer's name"
        }
        if keyStart == range.upperBound { return "no key follows the name; write: NAME KEY" }
        return nil
    }

    private static func surprises(
        _ content: Span<UInt8>, _ name: [UInt8], _ key: Range<Int>
    ) -> [(explanation: String, isRefused: Bool)] {
        var remarks: [(String, Bool)] = []
        if name == [UInt8(ascii: "*")] {
            remarks.append(("`*` matches no peer; write the peer's address or identity", false))
        }
        let last = content[key.upperBound - 1]
        if last == UInt8(ascii: "\r") {
            remarks.append(
                ("the key ends in a carriage return, which is part of it; save with Unix line ends", false))
        } else if isBlank(last) {
            remarks.append(
                ("the key ends in a blank, which is part of it; take it away unless it is meant", false))
        }
        return remarks
    }

    private static func isBlank(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: " ") || (0x09...0x0d).contains(octet)
    }
}

extension Span where Element == UInt8 {
    /// A copy: of names, never of keys.
    fileprivate var octets: [UInt8] {
        var bytes: [UInt8] = []
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}
