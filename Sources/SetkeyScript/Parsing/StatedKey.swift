package import Algorithms
package import KeyMaterial
package import SourceText

/// A key and where it stands.
package struct StatedKey {
    package var secret: SecretKey
    package var location: SourceLocation

    package init(secret: SecretKey, location: SourceLocation) {
        self.secret = secret
        self.location = location
    }

    /// Refuses a key of a length that an algorithm does not take.
    ///
    /// - Parameters:
    ///   - lengths: bits without the salt.
    ///   - salt: octets of salt behind the key.
    package func check(_ lengths: KeyLengths, salt: Int = 0, for algorithm: String) throws(Diagnostic) {
        let bits = secret.count * 8
        guard !lengths.contains(bits - salt * 8) else { return }
        let whole = KeyLengths(lengths.minimum + salt * 8...lengths.maximum + salt * 8, step: lengths.step)
        let note = salt == 0 ? "" : ", the last \(salt * 8) of which are the salt"
        throw location.error(
            "this key has \(bits) bits; a key for \(algorithm) has \(Self.wording(whole)) bits\(note)")
    }

    /// `128, 192 or 256`.
    private static func wording(_ lengths: KeyLengths) -> String {
        let text = lengths.description
        guard let comma = text.lastIndex(of: ",") else { return text }
        return text[..<comma] + " or" + text[text.index(after: comma)...]
    }
}
