/// Ciphers that authenticate what they encrypt.
extension EncryptionAlgorithm {
    package static let aesGCM16 = aesGCM(
        icv: 16, 20, keywords: ["aes_gcm_16", "aes_gcm"], words: ["aes_gcm_c#", "aes_gcm#", "aes#gcm"])
    package static let aesGCM12 = aesGCM(
        icv: 12, 19, keywords: ["aes_gcm_12"], words: ["aes_gcm_b#"])
    package static let aesGCM8 = aesGCM(
        icv: 8, 18, keywords: ["aes_gcm_8"], words: ["aes_gcm_a#"])

    package static let aesCCM16 = aesCCM(icv: 16, 16, words: ["aes_ccm_c#", "aes_ccm#", "aes#ccm"])
    package static let aesCCM12 = aesCCM(icv: 12, 15, words: ["aes_ccm_b#"])
    package static let aesCCM8 = aesCCM(icv: 8, 14, words: ["aes_ccm_a#"])

    /// RFC 4543; it encrypts nothing.
    package static let aesGMAC = EncryptionAlgorithm(
        name: "aes-gmac", construction: .gmac, keyLengths: .aes, defaultKeyLength: 128, blockSize: 1,
        ivSize: 8, saltSize: 4, icvSize: 16, isInSoftware: true, ikev1Phase1: nil, ikev1ESP: 23, ikev2: 21,
        pfkey: 23, xfrm: "rfc4543(gcm(aes))", keywords: ["aes_gmac"], setkeyNames: ["aes-gmac"],
        proposalWords: ["aes#gmac", "null_auth_aes_gmac#"])

    /// RFC 7634; IKEv1 and PF_KEY have no number for it.
    package static let chaCha20Poly1305 = EncryptionAlgorithm(
        name: "chacha20-poly1305", construction: .chaCha20Poly1305, keyLengths: KeyLengths(256),
        defaultKeyLength: 256, blockSize: 1, ivSize: 8, saltSize: 4, icvSize: 16, isInSoftware: true,
        ikev1Phase1: nil, ikev1ESP: nil, ikev2: 28, pfkey: nil, xfrm: "rfc7539esp(chacha20,poly1305)",
        keywords: [], setkeyNames: ["chacha20-poly1305"],
        proposalWords: ["chacha20poly1305", "chacha20_poly1305"])

    /// RFC 4106; the number is the same in IKEv1, IKEv2 and PF_KEY.
    private static func aesGCM(
        icv: Int, _ number: UInt8, keywords: [String] = [], words: [String]
    ) -> EncryptionAlgorithm {
        EncryptionAlgorithm(
            name: "aes-gcm-\(icv)", construction: .gcm, keyLengths: .aes, defaultKeyLength: 128,
            blockSize: 1, ivSize: 8, saltSize: 4, icvSize: icv, isInSoftware: true,
            ikev1Phase1: nil, ikev1ESP: number, ikev2: UInt16(number), pfkey: number,
            xfrm: "rfc4106(gcm(aes))", keywords: keywords, setkeyNames: ["aes-gcm-\(icv)"],
            proposalWords: ["aes#gcm\(icv)", "aes#gcm\(icv * 8)", "aes_gcm_\(icv)#"] + words)
    }

    /// RFC 4309; the number is the same in IKEv1, IKEv2 and PF_KEY.
    private static func aesCCM(icv: Int, _ number: UInt8, words: [String]) -> EncryptionAlgorithm {
        EncryptionAlgorithm(
            name: "aes-ccm-\(icv)", construction: .ccm, keyLengths: .aes, defaultKeyLength: 128,
            blockSize: 1, ivSize: 8, saltSize: 3, icvSize: icv, isInSoftware: true, ikev1Phase1: nil,
            ikev1ESP: number, ikev2: UInt16(number), pfkey: number, xfrm: "rfc4309(ccm(aes))",
            keywords: ["aes_ccm_\(icv)"],
            setkeyNames: ["aes-ccm-\(icv)"],
            proposalWords: ["aes#ccm\(icv)", "aes#ccm\(icv * 8)", "aes_ccm_\(icv)#"] + words)
    }
}
