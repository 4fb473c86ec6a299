/// A sentence put together in one buffer: for those that every negotiation says, as a `String` grows with each part.
package struct Sentence: ExpressibleByStringInterpolation {
    package let text: String

    package init(stringLiteral literal: String) {
        text = literal
    }

    package init(stringInterpolation parts: StringInterpolation) {
        text = String(decoding: parts.characters, as: UTF8.self)
    }

    /// The parts so far.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var characters: [UInt8] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            characters.reserveCapacity(literalCapacity + Self.usualPart * interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) {
            characters.append(contentsOf: literal.utf8)
        }

        package mutating func appendInterpolation(_ text: String) {
            characters.append(contentsOf: text.utf8)
        }

        /// Characters that few values exceed.
        private static let usualPart = 32
    }
}
