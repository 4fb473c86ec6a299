/// A pseudorandom function of IKE.
///
/// In IKEv1 it is the HMAC of the negotiated hash (RFC 2409 section 4).
package struct PseudorandomFunction: Sendable {
    /// The name in our own output, such as `hmac-sha2-256`.
    package let name: String
    package let hash: HashFunction
    /// Octets of output.
    package var outputSize: Int { hash.digestSize }

    /// Oakley hash algorithm, phase 1 attribute 2.
    package let ikev1Hash: UInt16?
    /// IKEv2 transform type 2.
    package let ikev2: UInt16?
    /// racoon.conf words for `hash_algorithm`, the preferred one first.
    package let keywords: [String]
}

extension PseudorandomFunction: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.name == right.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension PseudorandomFunction: CustomStringConvertible {
    package var description: String { name }
}
