/// Ciphers that need an integrity algorithm beside them, and none at all.
extension EncryptionAlgorithm {
    package static let aesCBC = cbc(
        "aes-cbc", .aes, block: 16, ikev1Phase1: 7, ikev1ESP: 12, ikev2: 12, pfkey: 12,
        xfrm: "cbc(aes)", keywords: ["aes", "rijndael"], setkey: ["aes-cbc", "rijndael-cbc"],
        words: ["aes#", "aes_cbc#"])

    package static let tripleDES = cbc(
        "3des-cbc", KeyLengths(192), block: 8, ikev1Phase1: 5, ikev1ESP: 3, ikev2: 3, pfkey: 3,
        xfrm: "cbc(des3_ede)", keywords: ["3des"], setkey: ["3des-cbc"],
        words: ["3des", "3des_cbc"])

    /// RFC 2410.
    package static let null = EncryptionAlgorithm(
        name: "null", construction: .null, keyLengths: .none, defaultKeyLength: 0, blockSize: 1, ivSize: 0,
        saltSize: 0, icvSize: 0, isInSoftware: true, ikev1Phase1: nil, ikev1ESP: 11, ikev2: 11, pfkey: 11,
        xfrm: "ecb(cipher_null)", keywords: ["null_enc", "null"], setkeyNames: ["null", "simple"],
        proposalWords: ["null"])

    /// RFC 3686; the salt is its nonce.
    package static let aesCTR = EncryptionAlgorithm(
        name: "aes-ctr", construction: .counter, keyLengths: .aes, defaultKeyLength: 128, blockSize: 1,
        ivSize: 8, saltSize: 4, icvSize: 0, isInSoftware: true, ikev1Phase1: nil, ikev1ESP: 13, ikev2: 13,
        pfkey: 13, xfrm: "rfc3686(ctr(aes))", keywords: ["aes_ctr"], setkeyNames: ["aes-ctr"],
        proposalWords: ["aes#ctr", "aes_ctr#", "aesctr#"])

    /// RFC 4312.
    package static let camelliaCBC = cbc(
        "camellia-cbc", .aes, block: 16, ikev1Phase1: 8, ikev1ESP: 22, ikev2: 23,
        pfkey: 22, xfrm: "cbc(camellia)", keywords: ["camellia"], setkey: ["camellia-cbc"],
        words: ["camellia#", "camellia_cbc#"])

    /// RFC 2451, as are the other ciphers with blocks of 64 bits.
    package static let cast128CBC = cbc(
        "cast128-cbc", KeyLengths(40...128, step: 8), block: 8, ikev1Phase1: 6,
        ikev1ESP: 6, ikev2: 6, pfkey: 6, xfrm: "cbc(cast5)", keywords: ["cast128"], setkey: ["cast128-cbc"],
        words: ["cast#"])

    package static let blowfishCBC = cbc(
        "blowfish-cbc", KeyLengths(40...448, step: 8), block: 8, ikev1Phase1: 3,
        ikev1ESP: 7, ikev2: 7, pfkey: 7, xfrm: "cbc(blowfish)", keywords: ["blowfish"],
        setkey: ["blowfish-cbc"], words: ["blowfish#"])

    /// RFC 2405.
    ///
    /// Not in phase 1, where RFC 2409 appendix A wants keys checked for weakness.
    package static let desCBC = cbc(
        "des-cbc", KeyLengths(64), block: 8, ikev1ESP: 2, ikev2: 2, pfkey: 2,
        xfrm: "cbc(des)", keywords: ["des"], setkey: ["des-cbc"], words: ["des"])

    /// Of the kernel alone; its IKEv1 number is from the private range.
    package static let twofishCBC = cbc(
        "twofish-cbc", .aes, block: 16, isInSoftware: false, ikev1ESP: 253, pfkey: 253,
        xfrm: "cbc(twofish)", setkey: ["twofish-cbc"])

    /// Of the kernel alone; its IKEv1 number is from the private range.
    package static let serpentCBC = cbc(
        "serpent-cbc", .aes, block: 16, isInSoftware: false, ikev1ESP: 252, pfkey: 252,
        xfrm: "cbc(serpent)", setkey: ["serpent-cbc"])

    /// Of Chinese standards; Linux has it since 6.0.
    package static let sm4CBC = cbc(
        "sm4-cbc", KeyLengths(128), block: 16, pfkey: 24, xfrm: "cbc(sm4)",
        setkey: ["sm4-cbc"])

    private static func cbc(
        _ name: String, _ keyLengths: KeyLengths, block: Int, isInSoftware: Bool = true,
        ikev1Phase1: UInt16? = nil, ikev1ESP: UInt8? = nil, ikev2: UInt16? = nil, pfkey: UInt8,
        xfrm: String, keywords: [String] = [], setkey: [String], words: [String] = []
    ) -> EncryptionAlgorithm {
        // Where lengths vary, the standards assume 128 bits.
        EncryptionAlgorithm(
            name: name, construction: .cbc, keyLengths: keyLengths,
            defaultKeyLength: keyLengths.isVariable ? 128 : keyLengths.maximum, blockSize: block,
            ivSize: block, saltSize: 0, icvSize: 0, isInSoftware: isInSoftware, ikev1Phase1: ikev1Phase1,
            ikev1ESP: ikev1ESP, ikev2: ikev2, pfkey: pfkey, xfrm: xfrm, keywords: keywords,
            setkeyNames: setkey, proposalWords: words)
    }
}
