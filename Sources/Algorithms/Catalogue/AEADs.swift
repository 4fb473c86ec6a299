/// Ciphers that authenticate what they encrypt.
extension EncryptionAlgorithm {
    package static let aesGCM16 = EncryptionAlgorithm(
        name: "aes-gcm-16", construction: .aead, keyLengths: [128, 192, 256], defaultKeyLength: 128,
        hasVariableKeyLength: true, blockSize: 1, ivSize: 8, saltSize: 4, icvSize: 16,
        ikev1Phase1: nil, ikev1ESP: 20, ikev2: 20, pfkey: 20, xfrm: "rfc4106(gcm(aes))",
        keywords: ["aes_gcm_16", "aes_gcm"], setkeyNames: ["aes-gcm-16"])
}
