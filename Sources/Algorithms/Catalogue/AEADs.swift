/// Ciphers that authenticate what they encrypt.
extension EncryptionAlgorithm {
    package static let aesGCM16 = aesGCM(icv: 16, 20, keywords: ["aes_gcm_16", "aes_gcm"])
    package static let aesGCM12 = aesGCM(icv: 12, 19, keywords: ["aes_gcm_12"])
    package static let aesGCM8 = aesGCM(icv: 8, 18, keywords: ["aes_gcm_8"])

    package static let aesCCM16 = aesCCM(icv: 16, 16)
    package static let aesCCM12 = aesCCM(icv: 12, 15)
    package static let aesCCM8 = aesCCM(icv: 8, 14)

    /// RFC 4543; it encrypts nothing.
    package static let aesGMAC = EncryptionAlgorithm(
        name: "aes-gmac", construction: .gmac, keyLengths: .aes, defaultKeyLength: 128, blockSize: 1,
        ivSize: 8, saltSize: 4, icvSize: 16, isInSoftware: true, ikev1Phase1: nil, ikev1ESP: 23, ikev2: 21,
        pfkey: 23, xfrm: "rfc4543(gcm(aes))", keywords: ["aes_gmac"], setkeyNames: ["aes-gmac"])

    /// RFC 7634; IKEv1 and PF_KEY have no number for it.
    package static let chaCha20Poly1305 = EncryptionAlgorithm(
        name: "chacha20-poly1305", construction: .chaCha20Poly1305, keyLengths: KeyLengths(256),
        defaultKeyLength: 256, blockSize: 1, ivSize: 8, saltSize: 4, icvSize: 16, isInSoftware: true,
        ikev1Phase1: nil, ikev1ESP: nil, ikev2: 28, pfkey: nil, xfrm: "rfc7539esp(chacha20,poly1305)",
        keywords: [], setkeyNames: ["chacha20-poly1305"])

    /// RFC 4106; the number is the same in IKEv1, IKEv2 and PF_KEY.
    private static func aesGCM(
        icv: Int, _ number: UInt8, keywords: [String] = []
    ) -> EncryptionAlgorithm {
        EncryptionAlgorithm(
            name: "aes-gcm-\(icv)", construction: .gcm, keyLengths: .aes, defaultKeyLength: 128,
            blockSize: 1, ivSize: 8, saltSize: 4, icvSize: icv, isInSoftware: true,
            ikev1Phase1: nil, ikev1ESP: number, ikev2: UInt16(number), pfkey: number,
            xfrm: "rfc4106(gcm(aes))", keywords: keywords, setkeyNames: ["aes-gcm-\(icv)"])
    }

    /// RFC 4309; the number is the same in IKEv1, IKEv2 and PF_KEY.
    private static func aesCCM(icv: Int, _ number: UInt8) -> EncryptionAlgorithm {
        EncryptionAlgorithm(
            name: "aes-ccm-\(icv)", construction: .ccm, keyLengths: .aes, defaultKeyLength: 128,
            blockSize: 1, ivSize: 8, saltSize: 3, icvSize: icv, isInSoftware: true, ikev1Phase1: nil,
            ikev1ESP: number, ikev2: UInt16(number), pfkey: number, xfrm: "rfc4309(ccm(aes))",
            keywords: ["aes_ccm_\(icv)"],
            setkeyNames: ["aes-ccm-\(icv)"])
    }
}
