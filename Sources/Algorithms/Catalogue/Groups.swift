/// Diffie-Hellman groups over prime fields (RFC 2409 section 6, RFC 3526, RFC 5114).
extension KeyExchangeMethod {
    package static let modp768 = modp(1, bits: 768)
    package static let modp1024 = modp(2, bits: 1024)
    package static let modp1536 = modp(5, bits: 1536)
    package static let modp2048 = modp(14, bits: 2048)
    package static let modp3072 = modp(15, bits: 3072)
    package static let modp4096 = modp(16, bits: 4096)
    package static let modp6144 = modp(17, bits: 6144)
    package static let modp8192 = modp(18, bits: 8192)

    /// RFC 8247 forbids it.
    package static let modp1024s160 = subgroup(22, bits: 1024, order: 160)
    /// RFC 8247 advises against it, as nobody knows how its prime was found.
    package static let modp2048s224 = subgroup(23, bits: 2048, order: 224)
    /// RFC 8247 advises against it, as nobody knows how its prime was found.
    package static let modp2048s256 = subgroup(24, bits: 2048, order: 256)

    private static func modp(_ number: UInt16, bits: Int) -> KeyExchangeMethod {
        KeyExchangeMethod(
            name: "modp\(bits)", family: .modp(bits: bits), publicValueSize: bits / 8,
            sharedSecretSize: bits / 8, number: number, keywords: ["modp\(bits)", "\(bits)", "dh\(number)"])
    }

    private static func subgroup(_ number: UInt16, bits: Int, order: Int) -> KeyExchangeMethod {
        KeyExchangeMethod(
            name: "modp\(bits)s\(order)", family: .modpSubgroup(bits: bits, orderBits: order),
            publicValueSize: bits / 8, sharedSecretSize: bits / 8, number: number,
            keywords: ["modp\(bits)s\(order)", "dh\(number)"])
    }
}

/// Diffie-Hellman groups on elliptic curves (RFC 5903, RFC 5114, RFC 6954, RFC 8031).
extension KeyExchangeMethod {
    package static let ecp192 = ecp(25, bits: 192)
    package static let ecp224 = ecp(26, bits: 224)
    package static let ecp256 = ecp(19, bits: 256)
    package static let ecp384 = ecp(20, bits: 384)
    package static let ecp521 = ecp(21, bits: 521)

    package static let brainpool224 = brainpool(27, bits: 224)
    package static let brainpool256 = brainpool(28, bits: 256)
    package static let brainpool384 = brainpool(29, bits: 384)
    package static let brainpool512 = brainpool(30, bits: 512)

    package static let curve25519 = montgomery(31, .curve25519, size: 32, ["curve25519", "x25519"])
    package static let curve448 = montgomery(32, .curve448, size: 56, ["curve448", "x448"])

    private static func ecp(_ number: UInt16, bits: Int) -> KeyExchangeMethod {
        weierstrass(
            number, .ecp(bits: bits), bits: bits, ["ecp\(bits)", "ecp_\(bits)", "dh\(number)"])
    }

    private static func brainpool(_ number: UInt16, bits: Int) -> KeyExchangeMethod {
        weierstrass(
            number, .brainpool(bits: bits), bits: bits,
            ["ecp\(bits)bp", "brainpoolp\(bits)r1", "dh\(number)"])
    }

    private static func weierstrass(
        _ number: UInt16, _ family: Family, bits: Int, _ keywords: [String]
    ) -> KeyExchangeMethod {
        let coordinate = (bits + 7) / 8
        return KeyExchangeMethod(
            name: keywords[0], family: family, publicValueSize: 2 * coordinate, sharedSecretSize: coordinate,
            number: number, keywords: keywords)
    }

    private static func montgomery(
        _ number: UInt16, _ family: Family, size: Int, _ keywords: [String]
    ) -> KeyExchangeMethod {
        KeyExchangeMethod(
            name: keywords[0], family: family, publicValueSize: size, sharedSecretSize: size,
            number: number, keywords: keywords + ["dh\(number)"])
    }
}
