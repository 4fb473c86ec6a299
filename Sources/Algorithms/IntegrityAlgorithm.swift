/// A keyed integrity algorithm of ESP and AH: every number, name and size.
package struct IntegrityAlgorithm: Sendable {
    /// The name in our own output, such as `hmac-sha2-256`.
    package let name: String
    /// The hash under the HMAC.
    package let hash: HashFunction
    /// Octets of key.
    package let keySize: Int
    /// Octets of the truncated integrity check value in a packet.
    package let icvSize: Int

    /// IPsec DOI authentication algorithm, phase 2 attribute 5.
    package let ikev1ESP: UInt16?
    /// IPsec DOI AH transform identifier.
    package let ikev1AH: UInt8?
    /// IKEv2 transform type 3.
    package let ikev2: UInt16?
    /// PF_KEY SADB_AALG number.
    package let pfkey: UInt8?
    /// The kernel's crypto API name in XFRM.
    package let xfrm: String
    /// racoon.conf words, the preferred one first.
    package let keywords: [String]
    /// setkey words after `-A`, the preferred one first.
    package let setkeyNames: [String]
}

extension IntegrityAlgorithm: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.name == right.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension IntegrityAlgorithm: CustomStringConvertible {
    package var description: String { name }
}

/// A hash function that libcrypto performs.
package enum HashFunction: String, Hashable, Sendable, CaseIterable {
    case md5
    case sha1
    case sha256
    case sha384
    case sha512

    /// Octets of digest.
    package var digestSize: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// Octets of the block that HMAC pads keys to.
    package var blockSize: Int {
        switch self {
        case .md5, .sha1, .sha256: 64
        case .sha384, .sha512: 128
        }
    }
}
