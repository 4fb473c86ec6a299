package import Cryptography
internal import KeyMaterial

/// RSA public keys as in DNS (RFC 2537, RFC 3110): exponent length, exponent, modulus.
extension PublicKey {
    /// Reads `0s` and base64 or `0x` and hexadecimal, as racoon, FreeS/WAN and libreswan write keys.
    package init(recordText text: Span<UInt8>) throws(KeyFailure) {
        guard let record = RSAKeyText.value(text) else {
            throw .malformed("neither 0s and base64 nor 0x and hexadecimal")
        }
        try self.init(record: record.withSpan { span in span.indices.map { span[$0] } })
    }

    /// Reads a record's octets.
    package init(record: [UInt8]) throws(KeyFailure) {
        var rest = record[...]
        guard let short = rest.popFirst() else { throw .malformed("an empty key") }
        var length = Int(short)
        if short == 0 {
            guard let high = rest.popFirst(), let low = rest.popFirst() else {
                throw .malformed("it ends inside the length of the exponent")
            }
            length = Int(high) << 8 | Int(low)
        }
        guard length > 0, rest.count > length else { throw .malformed("it ends inside the exponent") }
        try self.init(modulus: Array(rest.dropFirst(length)), exponent: Array(rest.prefix(length)))
    }

    /// The record of an RSA key in the form `0s…`; nil for other kinds.
    package var recordText: String? {
        guard let (modulus, exponent) = rsaNumbers else { return nil }
        let length =
            exponent.count < 256
            ? [UInt8(exponent.count)] : [0, UInt8(exponent.count >> 8), UInt8(exponent.count & 0xff)]
        return "0s" + String(decoding: PEM.base64(length + exponent + modulus), as: UTF8.self)
    }
}
