/// Diffie-Hellman groups (RFC 2409 section 6, RFC 3526, RFC 5903).
extension KeyExchangeMethod {
    package static let modp768 = modp(1, bits: 768)
    package static let modp1024 = modp(2, bits: 1024)
    package static let modp1536 = modp(5, bits: 1536)
    package static let modp2048 = modp(14, bits: 2048)
    package static let modp3072 = modp(15, bits: 3072)
    package static let modp4096 = modp(16, bits: 4096)
    package static let modp6144 = modp(17, bits: 6144)
    package static let modp8192 = modp(18, bits: 8192)

    package static let ecp256 = ecp(19, bits: 256)
    package static let ecp384 = ecp(20, bits: 384)
    package static let ecp521 = ecp(21, bits: 521)

    private static func modp(_ number: UInt16, bits: Int) -> KeyExchangeMethod {
        KeyExchangeMethod(
            name: "modp\(bits)", family: .modp(bits: bits), publicValueSize: bits / 8,
            sharedSecretSize: bits / 8, number: number, keywords: ["modp\(bits)", "\(bits)"])
    }

    private static func ecp(_ number: UInt16, bits: Int) -> KeyExchangeMethod {
        let coordinate = (bits + 7) / 8
        return KeyExchangeMethod(
            name: "ecp\(bits)", family: .ecp(bits: bits), publicValueSize: 2 * coordinate,
            sharedSecretSize: coordinate, number: number, keywords: ["ecp\(bits)"])
    }
}
