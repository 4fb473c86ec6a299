import Algorithms
import KeyMaterial
import SetkeyScript
import SourceText

/// Keys of texts: read straight into secrets, and kept out of the lines that messages show.
enum KeyText {
    /// How far before a stretch its line is looked for; keys in longer lines are starred with all else.
    private static let lookBack = 4096

    /// The octets that digits in pairs spell, at several places one behind the other.
    ///
    /// - Throws: At `place`, for anything but digits in pairs; the message repeats nothing of them.
    static func decode(
        hexadecimal parts: [Range<Int>], in file: SourceFile, at place: SourceLocation
    ) throws(Diagnostic) -> StatedKey {
        var keys: [SecretKey] = []
        let bytes = file.bytes
        let characters = bytes.span
        for part in parts {
            guard part.count.isMultiple(of: 2),
                let secret = SecretBytes.decoding(hexadecimal: characters.extracting(part))
            else {
                throw place.error("this key is not hexadecimal digits in pairs; is the text cut or edited?")
            }
            keys.append(SecretKey(secret))
        }
        return StatedKey(secret: SecretKey(concatenating: keys), location: place)
    }

    /// The octets of the text themselves as a key.
    static func octets(_ range: Range<Int>, in file: SourceFile) -> SecretKey {
        let bytes = file.bytes
        return SecretKey(SecretBytes(copying: bytes.span.extracting(range)))
    }

    /// The octets of `range`, with stars where `hidden` says that a line has a key.
    ///
    /// - Parameter hidden: Gives stretches of the line whose range it gets.
    static func masked(
        _ bytes: [UInt8], _ range: Range<Int>, hidden: (Range<Int>) -> [Range<Int>]
    ) -> [UInt8] {
        let limit = max(0, range.lowerBound - lookBack)
        var start = range.lowerBound
        while start > limit, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        let stars = [UInt8](repeating: UInt8(ascii: "*"), count: range.count)
        guard start == 0 || bytes[start - 1] == UInt8(ascii: "\n") else { return stars }
        var shown = Array(bytes[range])
        for part in hidden(start..<range.upperBound) {
            for offset in part where range.contains(offset) {
                shown[offset - range.lowerBound] = UInt8(ascii: "*")
            }
        }
        return shown
    }
}

extension SourceFile {
    /// The text, of which messages do not show what `hidden` gives for a line.
    convenience init(
        _ file: SourceFile, hiding hidden: @escaping @Sendable ([UInt8], Range<Int>) -> [Range<Int>]
    ) {
        self.init(file) { bytes, range in
            KeyText.masked(bytes, range) { hidden(bytes, $0) }
        }
    }
}

extension StatedKey {
    /// Refuses a key that a cipher of the catalogue does not take.
    func check(for cipher: EncryptionAlgorithm) throws(Diagnostic) {
        try check(cipher.keyLengths, salt: cipher.saltSize, for: cipher.name)
    }

    /// The same for an integrity algorithm.
    func check(for integrity: IntegrityAlgorithm) throws(Diagnostic) {
        try check(KeyLengths(integrity.keySize * 8), for: integrity.name)
    }

    static func none(at place: SourceLocation) -> StatedKey {
        StatedKey(secret: SecretKey(copying: []), location: place)
    }
}
