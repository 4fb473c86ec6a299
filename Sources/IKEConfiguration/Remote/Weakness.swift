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
        case .modp(let bits) where bits <= 1024:
            "a group of \(bits) bits can be broken by a rich attacker; modp2048 is the least to choose"
        case .modp, .ecp:
            nil
        }
    }
}
