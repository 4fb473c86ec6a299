/// All algorithms this program knows, and how to find one by any of its numbers and names.
///
/// Strings and numbers are turned into entries at the edges (configuration, peer, kernel) and nowhere else.
package enum Catalogue {
    package static let encryption: [EncryptionAlgorithm] = [.aesCBC, .aesGCM16, .tripleDES, .null]
    package static let integrity: [IntegrityAlgorithm] = [
        .hmacMD5, .hmacSHA1, .hmacSHA256, .hmacSHA384, .hmacSHA512,
    ]
    package static let pseudorandomFunctions: [PseudorandomFunction] = [
        .hmacMD5, .hmacSHA1, .hmacSHA256, .hmacSHA384, .hmacSHA512,
    ]
    package static let keyExchange: [KeyExchangeMethod] = [
        .modp768, .modp1024, .modp1536, .modp2048, .modp3072, .modp4096, .modp6144, .modp8192,
        .ecp256, .ecp384, .ecp521,
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

    package static func encryption(xfrm name: String) -> EncryptionAlgorithm? {
        encryption.first { $0.xfrm == name }
    }

    package static func integrity(ikev1ESP number: UInt16) -> IntegrityAlgorithm? {
        integrity.first { $0.ikev1ESP == number }
    }

    package static func integrity(keyword: String) -> IntegrityAlgorithm? {
        integrity.first { $0.keywords.contains(keyword) }
    }

    package static func integrity(xfrm name: String) -> IntegrityAlgorithm? {
        integrity.first { $0.xfrm == name }
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

    package static func compression(xfrm name: String) -> CompressionAlgorithm? {
        compression.first { $0.xfrm == name }
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
