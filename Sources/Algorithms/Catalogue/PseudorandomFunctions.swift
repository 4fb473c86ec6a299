/// HMACs as pseudorandom functions of IKE.
extension PseudorandomFunction {
    package static let hmacMD5 = hmac(.md5, "hmac-md5", ikev1Hash: 1, ikev2: 1, ["md5"])
    package static let hmacSHA1 = hmac(.sha1, "hmac-sha1", ikev1Hash: 2, ikev2: 2, ["sha1"])
    package static let hmacSHA256 = hmac(
        .sha256, "hmac-sha2-256", ikev1Hash: 4, ikev2: 5, ["sha256", "sha2_256"])
    package static let hmacSHA384 = hmac(
        .sha384, "hmac-sha2-384", ikev1Hash: 5, ikev2: 6, ["sha384", "sha2_384"])
    package static let hmacSHA512 = hmac(
        .sha512, "hmac-sha2-512", ikev1Hash: 6, ikev2: 7, ["sha512", "sha2_512"])

    private static func hmac(
        _ hash: HashFunction, _ name: String, ikev1Hash: UInt16, ikev2: UInt16, _ keywords: [String]
    ) -> PseudorandomFunction {
        PseudorandomFunction(
            name: name, construction: .hmac(hash), ikev1Hash: ikev1Hash, ikev2: ikev2, keywords: keywords,
            proposalWord: "prf\(hash.rawValue)")
    }
}

/// Pseudorandom functions made of AES, of IKEv2 alone.
extension PseudorandomFunction {
    /// RFC 4434.
    package static let aesXCBC = PseudorandomFunction(
        name: "aes-xcbc-prf-128", construction: .aesXCBC, ikev1Hash: nil, ikev2: 4, keywords: [],
        proposalWord: "prfaesxcbc")
    /// RFC 4615.
    package static let aesCMAC = PseudorandomFunction(
        name: "aes-cmac-prf-128", construction: .aesCMAC, ikev1Hash: nil, ikev2: 8, keywords: [],
        proposalWord: "prfaescmac")
}
