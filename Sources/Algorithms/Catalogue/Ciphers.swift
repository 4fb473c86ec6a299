/// Ciphers in CBC mode, and none at all.
extension EncryptionAlgorithm {
    package static let aesCBC = EncryptionAlgorithm(
        name: "aes-cbc", construction: .cbc, keyLengths: [128, 192, 256], defaultKeyLength: 128,
        hasVariableKeyLength: true, blockSize: 16, ivSize: 16, saltSize: 0, icvSize: 0,
        ikev1Phase1: 7, ikev1ESP: 12, ikev2: 12, pfkey: 12, xfrm: "cbc(aes)",
        keywords: ["aes", "rijndael"], setkeyNames: ["aes-cbc", "rijndael-cbc"])

    package static let tripleDES = EncryptionAlgorithm(
        name: "3des-cbc", construction: .cbc, keyLengths: [192], defaultKeyLength: 192,
        hasVariableKeyLength: false, blockSize: 8, ivSize: 8, saltSize: 0, icvSize: 0,
        ikev1Phase1: 5, ikev1ESP: 3, ikev2: 3, pfkey: 3, xfrm: "cbc(des3_ede)",
        keywords: ["3des"], setkeyNames: ["3des-cbc"])

    package static let null = EncryptionAlgorithm(
        name: "null", construction: .null, keyLengths: [0], defaultKeyLength: 0,
        hasVariableKeyLength: false, blockSize: 1, ivSize: 0, saltSize: 0, icvSize: 0,
        ikev1Phase1: nil, ikev1ESP: 11, ikev2: 11, pfkey: 11, xfrm: "ecb(cipher_null)",
        keywords: ["null_enc", "null"], setkeyNames: ["null", "simple"])
}
