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
