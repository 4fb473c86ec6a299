/// A Diffie-Hellman group: every number, name and size.
package struct KeyExchangeMethod: Sendable {
    package enum Family: Hashable, Sendable {
        /// Modular exponentiation over the prime of RFC 2409 or RFC 3526, generator 2.
        case modp(bits: Int)
        /// A NIST curve; the public value is x then y, the shared secret x alone (RFC 5903).
        case ecp(bits: Int)
    }

    /// The name in our own output, such as `modp2048`.
    package let name: String
    package let family: Family
    /// Octets of the public value in a key exchange payload.
    package let publicValueSize: Int
    /// Octets of the shared secret.
    package let sharedSecretSize: Int
    /// The group number, the same in IKEv1 (attribute 4) and IKEv2 (transform type 4).
    package let number: UInt16
    /// racoon.conf words, the preferred one first; the bare number works too.
    package let keywords: [String]
}

extension KeyExchangeMethod: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.number == right.number }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

extension KeyExchangeMethod: CustomStringConvertible {
    package var description: String { name }
}
