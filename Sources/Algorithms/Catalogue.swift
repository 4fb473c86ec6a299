/// All algorithms this program knows, and how to find one by any of its numbers and names.
///
/// Strings and numbers are turned into entries at the edges (configuration, peer, kernel) and nowhere else.
package enum Catalogue {
    package static let encryption: [EncryptionAlgorithm] = [
        .aesCBC, .aesGCM16, .tripleDES, .null,
        .aesGCM12, .aesGCM8, .aesCCM16, .aesCCM12, .aesCCM8, .aesGMAC, .chaCha20Poly1305,
        .aesCTR, .camelliaCBC, .cast128CBC, .blowfishCBC, .desCBC, .twofishCBC, .serpentCBC, .sm4CBC,
    ]
    /// Where two entries have a number or name in common, the one to prefer stands first.
    package static let integrity: [IntegrityAlgorithm] = [
        .hmacMD5, .hmacSHA1, .hmacSHA256, .hmacSHA384, .hmacSHA512,
        .hmacSHA256With96Bits, .hmacRIPEMD160, .aesXCBC, .aesCMAC, .hmacSM3, .null, .keyedMD5, .keyedSHA1,
    ]
    package static let pseudorandomFunctions: [PseudorandomFunction] = [
        .hmacMD5, .hmacSHA1, .hmacSHA256, .hmacSHA384, .hmacSHA512, .aesXCBC, .aesCMAC,
    ]
    package static let keyExchange: [KeyExchangeMethod] = [
        .modp768, .modp1024, .modp1536, .modp2048, .modp3072, .modp4096, .modp6144, .modp8192,
        .ecp256, .ecp384, .ecp521, .modp1024s160, .modp2048s224, .modp2048s256, .ecp192, .ecp224,
        .brainpool224, .brainpool256, .brainpool384, .brainpool512, .curve25519, .curve448,
    ]
    package static let compression: [CompressionAlgorithm] = [.deflate, .lzs, .lzjh, .oui]

    package static func encryption(ikev1Phase1 number: UInt16) -> EncryptionAlgorithm? {
        encryption.first { $0.ikev1Phase1 == number }
    }

    package static func encryption(ikev1ESP number: UInt8) -> EncryptionAlgorithm? {
        encryption.first { $0.ikev1ESP == number }
    }

    package static func encryption(keyword: String) -> EncryptionAlgorithm? {
        encryption.first { $0.keywords.contains(keyword) }
    }

    /// By the kernel's name and the ICV length, which tells its AEADs apart.
    ///
    /// - Parameter icvBits: nil where the kernel names none, since the cipher is not an AEAD.
    package static func encryption(xfrm name: String, icvBits: Int?) -> EncryptionAlgorithm? {
        encryption.first { $0.xfrm == name && $0.icvSize * 8 == icvBits ?? 0 }
    }

    package static func encryption(pfkey number: UInt8) -> EncryptionAlgorithm? {
        encryption.first { $0.pfkey == number }
    }

    package static func integrity(ikev1ESP number: UInt16) -> IntegrityAlgorithm? {
        integrity.first { $0.ikev1ESP == number }
    }

    package static func integrity(keyword: String) -> IntegrityAlgorithm? {
        integrity.first { $0.keywords.contains(keyword) }
    }

    /// By the kernel's name and the truncation.
    package static func integrity(xfrm name: String, icvBits: Int) -> IntegrityAlgorithm? {
        integrity.first { $0.xfrm == name && $0.icvSize * 8 == icvBits }
    }

    /// By PF_KEY number, which says nothing of the truncation: 5 is `hmac-sha2-256` as RFC 4868 truncates it.
    package static func integrity(pfkey number: UInt8) -> IntegrityAlgorithm? {
        integrity.first { $0.pfkey == number }
    }

    package static func pseudorandomFunction(ikev1Hash number: UInt16) -> PseudorandomFunction? {
        pseudorandomFunctions.first { $0.ikev1Hash == number }
    }

    package static func pseudorandomFunction(keyword: String) -> PseudorandomFunction? {
        pseudorandomFunctions.first { $0.keywords.contains(keyword) }
    }

    package static func keyExchange(number: UInt16) -> KeyExchangeMethod? {
        keyExchange.first { $0.number == number }
    }

    /// By racoon.conf word or by group number in decimal.
    package static func keyExchange(keyword: String) -> KeyExchangeMethod? {
        keyExchange.first { $0.keywords.contains(keyword) || String($0.number) == keyword }
    }

    package static func encryption(ikev2 number: UInt16) -> EncryptionAlgorithm? {
        encryption.first { $0.ikev2 == number }
    }

    package static func pseudorandomFunction(ikev2 number: UInt16) -> PseudorandomFunction? {
        pseudorandomFunctions.first { $0.ikev2 == number }
    }

    /// The null algorithm for 0, by which IKEv2 says that there is no integrity.
    package static func integrity(ikev2 number: UInt16) -> IntegrityAlgorithm? {
        integrity.first { $0.ikev2 == number }
    }

    package static func compression(xfrm name: String) -> CompressionAlgorithm? {
        compression.first { $0.xfrm == name }
    }

    package static func compression(pfkey number: UInt8) -> CompressionAlgorithm? {
        compression.first { $0.pfkey == number }
    }

    package static func compression(setkey word: String) -> CompressionAlgorithm? {
        compression.first { $0.setkeyNames.contains(word) }
    }

    package static func encryption(setkey word: String) -> EncryptionAlgorithm? {
        encryption.first { $0.setkeyNames.contains(word) }
    }

    package static func integrity(setkey word: String) -> IntegrityAlgorithm? {
        integrity.first { $0.setkeyNames.contains(word) }
    }
}

extension Catalogue {
    /// Why a word after setkey's `-E` or `-A` names what neither a Linux kernel nor this program performs.
    ///
    /// - Returns: a clause such as `no Linux kernel has keyed hashes; …`, or nil for any other word.
    package static func obsolescence(setkey word: String) -> String? {
        switch word {
        case "keyed-md5", "keyed-sha1":
            "no Linux kernel has keyed hashes, which HMAC replaced; use hmac-sha256"
        case "des-deriv", "des-32iv":
            "no Linux kernel has the short IVs of RFC 1829; use aes-cbc, or des-cbc for an old peer"
        case "rc5-cbc":
            "no Linux kernel has RC5; use aes-cbc"
        case "tcp-md5":
            "TCP signatures are set per socket on Linux, not by setkey"
        default: nil
        }
    }
}
