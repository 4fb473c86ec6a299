import Algorithms

/// What Wireshark calls the algorithms of its table of ESP SAs.
enum WiresharkAlgorithms {
    /// A cipher as Wireshark 4.0 writes it.
    struct Cipher {
        var algorithm: EncryptionAlgorithm
        var name: String
        /// The one key length in bits that Wireshark's library takes where the algorithm has others too.
        var onlyKeyBits: Int?
    }

    /// Those that Wireshark 4.0 decrypts.
    static let ciphers: [Cipher] = [
        Cipher(algorithm: .null, name: null),
        Cipher(algorithm: .tripleDES, name: "TripleDES-CBC [RFC2451]"),
        Cipher(algorithm: .aesCBC, name: "AES-CBC [RFC3602]"),
        Cipher(algorithm: .aesCTR, name: "AES-CTR [RFC3686]"),
        Cipher(algorithm: .desCBC, name: "DES-CBC [RFC2405]"),
        Cipher(algorithm: .cast128CBC, name: "CAST5-CBC [RFC2144]", onlyKeyBits: 128),
        Cipher(algorithm: .blowfishCBC, name: "BLOWFISH-CBC [RFC2451]", onlyKeyBits: 128),
        Cipher(algorithm: .twofishCBC, name: "TWOFISH-CBC"),
        Cipher(algorithm: .aesGCM8, name: "AES-GCM with 8 octet ICV [RFC4106]"),
        Cipher(algorithm: .aesGCM12, name: "AES-GCM with 12 octet ICV [RFC4106]"),
        Cipher(algorithm: .aesGCM16, name: "AES-GCM with 16 octet ICV [RFC4106]"),
    ]

    /// Those whose ICV Wireshark 4.0 checks.
    static let integrity: [IntegrityAlgorithm: String] = [
        .hmacSHA1: "HMAC-SHA-1-96 [RFC2404]",
        .hmacSHA256With96Bits: "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]",
        .hmacSHA256: "HMAC-SHA-256-128 [RFC4868]", .hmacSHA384: "HMAC-SHA-384-192 [RFC4868]",
        .hmacSHA512: "HMAC-SHA-512-256 [RFC4868]", .hmacMD5: "HMAC-MD5-96 [RFC2403]",
        .hmacRIPEMD160: "MAC-RIPEMD-160-96 [RFC2857]",
    ]

    static let null = "NULL"

    /// An ICV of so many bits that is there and is not checked.
    static func unchecked(bits: Int) -> String { "ANY \(bits) bit authentication [no checking]" }

    static let uncheckedBits = [64, 96, 128, 192, 256]

    /// Ciphers of later versions, and of earlier ones, that only reading knows.
    private static let readOnly: [String: EncryptionAlgorithm] = [
        "chacha20 with poly1305": .chaCha20Poly1305, "chacha20-poly1305": .chaCha20Poly1305,
        "chacha20poly1305": .chaCha20Poly1305, "aes-ccm with 8 octet icv": .aesCCM8,
        "aes-ccm with 12 octet icv": .aesCCM12, "aes-ccm with 16 octet icv": .aesCCM16,
        "aes-gmac": .aesGMAC, "camellia-cbc": .camelliaCBC,
    ]

    /// A cipher by its name, with or without the RFC in brackets.
    static func cipher(_ name: String) -> EncryptionAlgorithm? {
        let wanted = plain(name)
        return ciphers.first { plain($0.name) == wanted }?.algorithm ?? readOnly[wanted]
    }

    static func integrity(_ name: String) -> IntegrityAlgorithm? {
        let wanted = plain(name)
        return integrity.first { plain($0.value) == wanted }?.key
    }

    /// The length of an ICV that is not checked; nil for any other name.
    static func uncheckedBits(_ name: String) -> Int? {
        uncheckedBits.first { plain(unchecked(bits: $0)) == plain(name) }
    }

    /// GCM as earlier versions wrote it, whose ICV is as long as the other algorithm says.
    static func isGCMOfUnsaidICV(_ name: String) -> Bool { plain(name) == "aes-gcm" }

    /// In lower case, without what brackets add.
    private static func plain(_ name: String) -> String {
        let end = name.firstIndex(of: "[") ?? name.endIndex
        return name[..<end].lowercased().split(separator: " ").joined(separator: " ")
    }
}
