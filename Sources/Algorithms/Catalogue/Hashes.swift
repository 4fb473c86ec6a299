/// HMACs as integrity algorithms of ESP and AH (RFC 2403, RFC 2404, RFC 4868).
extension IntegrityAlgorithm {
    package static let hmacMD5 = IntegrityAlgorithm(
        name: "hmac-md5", hash: .md5, keySize: 16, icvSize: 12,
        ikev1ESP: 1, ikev1AH: 2, ikev2: 1, pfkey: 2, xfrm: "hmac(md5)",
        keywords: ["hmac_md5"], setkeyNames: ["hmac-md5"])

    package static let hmacSHA1 = IntegrityAlgorithm(
        name: "hmac-sha1", hash: .sha1, keySize: 20, icvSize: 12,
        ikev1ESP: 2, ikev1AH: 3, ikev2: 2, pfkey: 3, xfrm: "hmac(sha1)",
        keywords: ["hmac_sha1"], setkeyNames: ["hmac-sha1"])

    package static let hmacSHA256 = IntegrityAlgorithm(
        name: "hmac-sha2-256", hash: .sha256, keySize: 32, icvSize: 16,
        ikev1ESP: 5, ikev1AH: 5, ikev2: 12, pfkey: 5, xfrm: "hmac(sha256)",
        keywords: ["hmac_sha256", "hmac_sha2_256"], setkeyNames: ["hmac-sha256", "hmac-sha2-256"])

    package static let hmacSHA384 = IntegrityAlgorithm(
        name: "hmac-sha2-384", hash: .sha384, keySize: 48, icvSize: 24,
        ikev1ESP: 6, ikev1AH: 6, ikev2: 13, pfkey: 6, xfrm: "hmac(sha384)",
        keywords: ["hmac_sha384", "hmac_sha2_384"], setkeyNames: ["hmac-sha384", "hmac-sha2-384"])

    package static let hmacSHA512 = IntegrityAlgorithm(
        name: "hmac-sha2-512", hash: .sha512, keySize: 64, icvSize: 32,
        ikev1ESP: 7, ikev1AH: 7, ikev2: 14, pfkey: 7, xfrm: "hmac(sha512)",
        keywords: ["hmac_sha512", "hmac_sha2_512"], setkeyNames: ["hmac-sha512", "hmac-sha2-512"])
}

/// HMACs as pseudorandom functions of IKE.
extension PseudorandomFunction {
    package static let hmacMD5 = PseudorandomFunction(
        name: "hmac-md5", hash: .md5, ikev1Hash: 1, ikev2: 1, keywords: ["md5"])
    package static let hmacSHA1 = PseudorandomFunction(
        name: "hmac-sha1", hash: .sha1, ikev1Hash: 2, ikev2: 2, keywords: ["sha1"])
    package static let hmacSHA256 = PseudorandomFunction(
        name: "hmac-sha2-256", hash: .sha256, ikev1Hash: 4, ikev2: 5, keywords: ["sha256", "sha2_256"])
    package static let hmacSHA384 = PseudorandomFunction(
        name: "hmac-sha2-384", hash: .sha384, ikev1Hash: 5, ikev2: 6, keywords: ["sha384", "sha2_384"])
    package static let hmacSHA512 = PseudorandomFunction(
        name: "hmac-sha2-512", hash: .sha512, ikev1Hash: 6, ikev2: 7, keywords: ["sha512", "sha2_512"])
}
