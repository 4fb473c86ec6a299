/// Text with keys in it, put together so that no copy of them is made that is not wiped.
package struct SecretText: Sendable {
    fileprivate enum Piece: Sendable {
        case clear([UInt8])
        /// To be written in hexadecimal digits.
        case key(SecretKey)
    }

    private var pieces: [Piece] = []

    package init() {}

    /// Adds text that is no secret.
    package mutating func append(_ text: String) {
        pieces.append(.clear(Array(text.utf8)))
    }

    /// Adds a key, two lower-case digits for each octet.
    package mutating func append(hexadecimal key: SecretKey) {
        pieces.append(.key(key))
    }

    package mutating func append(_ other: SecretText) {
        pieces += other.pieces
    }

    /// The whole text, as a secret.
    package var octets: SecretKey {
        let count = pieces.reduce(0) { $0 + $1.count }
        return unsafe SecretKey(count: count) { target in
            var offset = 0
            for piece in pieces { unsafe piece.write(to: target, from: &offset) }
        }
    }
}

extension SecretText.Piece {
    fileprivate var count: Int {
        switch self {
        case .clear(let octets): octets.count
        case .key(let key): key.count * 2
        }
    }

    @unsafe
    fileprivate func write(to target: UnsafeMutableRawBufferPointer, from offset: inout Int) {
        switch self {
        case .clear(let octets):
            for octet in octets {
                unsafe target[offset] = octet
                offset += 1
            }
        case .key(let key):
            key.withSpan { octets in
                for index in octets.indices {
                    unsafe target[offset] = Self.digit(octets[index] >> 4)
                    unsafe target[offset + 1] = Self.digit(octets[index] & 15)
                    offset += 2
                }
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
