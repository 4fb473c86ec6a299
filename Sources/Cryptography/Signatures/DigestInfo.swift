internal import ASN1
internal import Algorithms

/// What RSASSA-PKCS1-v1_5 signs (RFC 8017 section 9.2).
enum DigestInfo {
    /// The DigestInfo of a digest, its parameters NULL.
    static func encoding(_ hash: HashFunction, _ digest: [UInt8]) -> [UInt8] {
        let algorithm = AlgorithmIdentifier(hash.objectIdentifier, parameters: AlgorithmIdentifier.null)
        return DER.sequence(algorithm.encoding, DER.octetString(digest))
    }

    /// 00 01 ff … ff 00 and the content, `size` octets in all; nil unless eight octets ff or more fit.
    static func block(around content: [UInt8], size: Int) -> [UInt8]? {
        let padding = size - 3 - content.count
        guard padding >= 8 else { return nil }
        return [0, 1] + [UInt8](repeating: 0xff, count: padding) + [0] + content
    }
}
