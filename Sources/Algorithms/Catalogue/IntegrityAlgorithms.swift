/// HMACs as integrity algorithms of ESP and AH (RFC 2403, RFC 2404, RFC 2857, RFC 4868).
extension IntegrityAlgorithm {
    package static let hmacMD5 = hmac(
        .md5, "hmac-md5", icv: 12, ikev1ESP: 1, ikev1AH: 2, ikev2: 1, pfkey: 2, xfrm: "hmac(md5)",
        keywords: ["hmac_md5"], setkey: ["hmac-md5"],
        words: ["md5", "md5_96", "hmac_md5", "hmac_md5_96"])

    package static let hmacSHA1 = hmac(
        .sha1, "hmac-sha1", icv: 12, ikev1ESP: 2, ikev1AH: 3, ikev2: 2, pfkey: 3, xfrm: "hmac(sha1)",
        keywords: ["hmac_sha1"], setkey: ["hmac-sha1"],
        words: ["sha1", "sha", "sha1_96", "hmac_sha1", "hmac_sha1_96"])

    package static let hmacSHA256 = hmac(
        .sha256, "hmac-sha2-256", icv: 16, ikev1ESP: 5, ikev1AH: 5, ikev2: 12, pfkey: 5, xfrm: "hmac(sha256)",
        keywords: ["hmac_sha256", "hmac_sha2_256"], setkey: ["hmac-sha256", "hmac-sha2-256"],
        words: ["sha256", "sha2_256", "sha2", "sha2_256_128", "hmac_sha2_256", "hmac_sha2_256_128"])

    /// The truncation of a draft before RFC 4868, which PF_KEY kernels and old peers still have.
    package static let hmacSHA256With96Bits = hmac(
        .sha256, "hmac-sha2-256-96", icv: 12, pfkey: 5, xfrm: "hmac(sha256)",
        setkey: ["hmac-sha256-96", "hmac-sha2-256-96"])

    package static let hmacSHA384 = hmac(
        .sha384, "hmac-sha2-384", icv: 24, ikev1ESP: 6, ikev1AH: 6, ikev2: 13, pfkey: 6, xfrm: "hmac(sha384)",
        keywords: ["hmac_sha384", "hmac_sha2_384"], setkey: ["hmac-sha384", "hmac-sha2-384"],
        words: ["sha384", "sha2_384", "sha2_384_192", "hmac_sha2_384", "hmac_sha2_384_192"])

    package static let hmacSHA512 = hmac(
        .sha512, "hmac-sha2-512", icv: 32, ikev1ESP: 7, ikev1AH: 7, ikev2: 14, pfkey: 7, xfrm: "hmac(sha512)",
        keywords: ["hmac_sha512", "hmac_sha2_512"], setkey: ["hmac-sha512", "hmac-sha2-512"],
        words: ["sha512", "sha2_512", "sha2_512_256", "hmac_sha2_512", "hmac_sha2_512_256"])

    package static let hmacRIPEMD160 = hmac(
        .ripemd160, "hmac-ripemd160", icv: 12, ikev1ESP: 8, ikev1AH: 8, pfkey: 8,
        xfrm: "hmac(rmd160)", keywords: ["hmac_ripemd160", "hmac_rmd160"], setkey: ["hmac-ripemd160"])

    /// Of Chinese standards; Linux has it since 6.0.
    package static let hmacSM3 = hmac(
        .sm3, "hmac-sm3", icv: 32, pfkey: 10, xfrm: "hmac(sm3)", setkey: ["hmac-sm3"])

    private static func hmac(
        _ hash: HashFunction, _ name: String, icv: Int, ikev1ESP: UInt16? = nil,
        ikev1AH: UInt8? = nil, ikev2: UInt16? = nil, pfkey: UInt8, xfrm: String, keywords: [String] = [],
        setkey: [String], words: [String] = []
    ) -> IntegrityAlgorithm {
        IntegrityAlgorithm(
            name: name, construction: .hmac(hash), keySize: hash.digestSize, icvSize: icv,
            isInSoftware: true, ikev1ESP: ikev1ESP, ikev1AH: ikev1AH, ikev2: ikev2, pfkey: pfkey,
            xfrm: xfrm, keywords: keywords, setkeyNames: setkey, proposalWords: words)
    }
}

/// Integrity algorithms made of AES, and none at all.
extension IntegrityAlgorithm {
    /// RFC 3566.
    package static let aesXCBC = IntegrityAlgorithm(
        name: "aes-xcbc", construction: .xcbc, keySize: 16, icvSize: 12, isInSoftware: true,
        ikev1ESP: 9, ikev1AH: 9, ikev2: 5, pfkey: 9, xfrm: "xcbc(aes)",
        keywords: ["aes_xcbc_mac", "aes_xcbc"],
        setkeyNames: ["aes-xcbc-mac", "aes-xcbc"],
        proposalWords: ["aesxcbc", "aes_xcbc", "aes_xcbc_96"])

    /// RFC 4494; IKEv1 and PF_KEY have no number for it.
    package static let aesCMAC = IntegrityAlgorithm(
        name: "aes-cmac", construction: .cmac, keySize: 16, icvSize: 12, isInSoftware: true,
        ikev1ESP: nil, ikev1AH: nil, ikev2: 8, pfkey: nil, xfrm: "cmac(aes)", keywords: [],
        setkeyNames: ["aes-cmac"], proposalWords: ["aescmac", "aes_cmac", "aes_cmac_96"])

    /// Protects nothing; an SA needs encryption beside it.
    package static let null = IntegrityAlgorithm(
        name: "null", construction: .null, keySize: 0, icvSize: 0, isInSoftware: true,
        ikev1ESP: nil, ikev1AH: nil, ikev2: 0, pfkey: 251, xfrm: "digest_null", keywords: [],
        setkeyNames: ["null"], proposalWords: [])
}

/// What setkey's language names and no Linux kernel ever had.
extension IntegrityAlgorithm {
    /// RFC 1828.
    package static let keyedMD5 = keyed(.md5, "keyed-md5", pfkey: 249)
    /// RFC 1852.
    package static let keyedSHA1 = keyed(.sha1, "keyed-sha1", pfkey: 250)

    private static func keyed(_ hash: HashFunction, _ name: String, pfkey: UInt8) -> IntegrityAlgorithm {
        IntegrityAlgorithm(
            name: name, construction: .keyed(hash), keySize: hash.digestSize, icvSize: 12,
            isInSoftware: false, ikev1ESP: nil, ikev1AH: nil, ikev2: nil, pfkey: pfkey, xfrm: nil,
            keywords: [], setkeyNames: [name], proposalWords: [])
    }
}
