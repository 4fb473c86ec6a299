import Algorithms

/// Why a choice that works should not be made any more.
enum Weakness {
    static let md5 = "MD5 is broken; sha256 is the usual choice"

    static func of(_ algorithm: EncryptionAlgorithm) -> String? {
        if algorithm == .tripleDES {
            return "its blocks of 64 bits leak after some gigabytes; aes is the usual choice"
        }
        if algorithm == .null { return "nothing is encrypted" }
        return nil
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
