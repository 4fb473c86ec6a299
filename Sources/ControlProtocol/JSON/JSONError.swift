/// Why a text is not the JSON that is spoken here.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The text ends where more was needed.
        case truncated
        case unexpectedOctet(UInt8)
        /// Something follows the value.
        case trailingOctets
        case invalidNumber
        /// Not valid UTF-8, an unescaped control character, or half of a surrogate pair.
        case invalidString
        case duplicateName(String)
        case tooDeep
        case tooLong
    }

    package var kind: Kind
    /// Octets before the fault.
    package var offset: Int

    package init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    package var description: String {
        "JSON, octet \(offset): \(sentence)"
    }

    private var sentence: String {
        switch kind {
        case .truncated: "the text ends too early"
        case .unexpectedOctet(let octet): "octet 0x\(String(octet, radix: 16)) has no place here"
        case .trailingOctets: "something follows the value"
        case .invalidNumber: "not a whole number of 64 bits"
        case .invalidString: "not a valid string"
        case .duplicateName(let name): "the name \(JSONWriter.text(.string(name))) occurs twice"
        case .tooDeep: "nested deeper than \(JSONReader.maximumDepth) levels"
        case .tooLong: "longer than allowed"
        }
    }
}
