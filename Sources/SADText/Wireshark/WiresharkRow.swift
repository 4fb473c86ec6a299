import KeyMaterial
import SetkeyScript
import SourceText

/// A row of one of Wireshark's tables: fields in quotes with commas between.
struct WiresharkRow {
    let file: SourceFile
    let range: Range<Int>
    /// Where the fields' characters stand, without the quotes.
    private(set) var fields: [Range<Int>] = []

    /// nil where a quote is missing.
    init?(_ file: SourceFile, _ range: Range<Int>) {
        self.file = file
        self.range = range
        var rest = range
        while let field = Self.takeField(file.bytes, &rest) {
            fields.append(field)
            guard !rest.isEmpty else { return }
            guard file.bytes[rest.lowerBound] == UInt8(ascii: ",") else { return nil }
            rest = rest.dropFirst().asRange
        }
        return nil
    }

    private static func takeField(_ bytes: [UInt8], _ rest: inout Range<Int>) -> Range<Int>? {
        while let first = rest.first, TextLines.isBlank(bytes[first]) { rest = rest.dropFirst().asRange }
        guard let start = rest.first else { return nil }
        let isQuoted = bytes[start] == UInt8(ascii: "\"")
        let begin = isQuoted ? start + 1 : start
        let mark = UInt8(ascii: isQuoted ? "\"" : ",")
        let found = bytes[begin..<rest.upperBound].firstIndex(of: mark)
        guard let end = found ?? (isQuoted ? nil : rest.upperBound) else { return nil }
        rest = (isQuoted ? end + 1 : end)..<rest.upperBound
        while let next = rest.first, TextLines.isBlank(bytes[next]) { rest = rest.dropFirst().asRange }
        return begin..<end
    }

    func location(_ index: Int) -> SourceLocation {
        let field = fields.indices.contains(index) ? fields[index] : range
        return SourceLocation(file: file, offset: field.lowerBound, length: field.count)
    }

    /// A field's text; empty where there is none.
    func text(_ index: Int) -> String {
        guard fields.indices.contains(index) else { return "" }
        return String(decoding: file.bytes[fields[index]], as: UTF8.self)
    }

    /// A key: digits behind `0x`, or the characters themselves, of which some may be written `\x41`.
    func key(_ index: Int) throws(Diagnostic) -> SecretKey {
        guard fields.indices.contains(index) else { return SecretKey(copying: []) }
        let field = fields[index]
        if file.bytes[field].starts(with: "0x".utf8) || file.bytes[field].starts(with: "0X".utf8) {
            guard field.count > 2 else { return SecretKey(copying: []) }
            let digits = field.lowerBound + 2..<field.upperBound
            return try KeyText.decode(hexadecimal: [digits], in: file, at: location(index)).secret
        }
        return try characters(field, at: location(index))
    }

    private func characters(_ field: Range<Int>, at place: SourceLocation) throws(Diagnostic) -> SecretKey {
        var parts: [SecretKey] = []
        var start = field.lowerBound
        var offset = start
        while offset < field.upperBound {
            guard file.bytes[offset] == UInt8(ascii: "\\") else {
                offset += 1
                continue
            }
            parts.append(KeyText.octets(start..<offset, in: file))
            guard offset + 4 <= field.upperBound, file.bytes[offset + 1] == UInt8(ascii: "x") else {
                throw place.error("in this key a backslash is not followed by x and two digits")
            }
            parts.append(
                try KeyText.decode(hexadecimal: [offset + 2..<offset + 4], in: file, at: place).secret)
            offset += 4
            start = offset
        }
        parts.append(KeyText.octets(start..<field.upperBound, in: file))
        return SecretKey(concatenating: parts)
    }
}

extension Range<Int>.SubSequence {
    fileprivate var asRange: Range<Int> { self }
}
