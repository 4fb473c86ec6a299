import Algorithms

/// Why a choice that works should not be made any more.
enum Weakness {
    static let md5 = "MD5 is broken; sha256 is the usual choice"

    static func of(_ algorithm: EncryptionAlgorithm) -> String? {
        if algorithm == .desCBC { return "anybody can try all its keys in a day; aes is the usual choice" }
        return switch algorithm.construction {
        case .cbc where algorithm.blockSize == 8:
            "its blocks of 64 bits leak after some gigabytes; aes is the usual choice"
        case .null, .gmac: "nothing is encrypted"
        case .cbc, .counter, .gcm, .ccm, .chaCha20Poly1305: nil
        }
    }

    static func of(_ group: KeyExchangeMethod) -> String? {
        switch group.family {
        case .modp(let bits) where bits <= 1024, .modpSubgroup(let bits, _) where bits <= 1024:
            "a group of \(bits) bits can be broken by a rich attacker; modp2048 is the least to choose"
        case .modpSubgroup:
            "nobody knows how its prime was found, which may hide a trap (RFC 8247); choose modp2048 or more"
        case .ecp(let bits) where bits < 256, .brainpool(let bits) where bits < 256:
            "a curve of \(bits) bits is too small for keys of 128 bits; choose ecp256 or curve25519"
        case .modp, .ecp, .brainpool, .curve25519, .curve448:
            nil
        }
    }
}
