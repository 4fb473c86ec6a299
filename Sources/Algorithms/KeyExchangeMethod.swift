/// A Diffie-Hellman group: every number, name and size.
package final class KeyExchangeMethod: Sendable {
    package enum Family: Hashable, Sendable {
        /// Modular exponentiation over the safe prime of RFC 2409 or RFC 3526, generator 2.
        case modp(bits: Int)
        /// Modular exponentiation in a subgroup of prime order, whose size is `orderBits` (RFC 5114).
        case modpSubgroup(bits: Int, orderBits: Int)
        /// A NIST curve; the public value is x then y, the shared secret x alone (RFC 5903).
        case ecp(bits: Int)
        /// A Brainpool curve; values as those of `ecp` (RFC 6954).
        case brainpool(bits: Int)
        /// X25519: values of 32 octets, least significant first (RFC 8031).
        case curve25519
        /// X448: values of 56 octets, least significant first (RFC 8031).
        case curve448
    }

    /// The name in our own output, such as `modp2048`.
    package let name: String
    package let family: Family
    /// Octets of the public value in a key exchange payload.
    package let publicValueSize: Int
    /// Octets of the shared secret.
    package let sharedSecretSize: Int
    /// The group number, the same in IKEv1 (attribute 4) and IKEv2 (transform type 4).
    ///
    /// IANA assigned 27 and above for IKEv2 alone; peers of IKEv1 that know them use the same numbers.
    package let number: UInt16
    /// Words of racoon.conf, then those of strongSwan and libreswan, the preferred one first; the bare number works
    /// in racoon.conf too.
    package let keywords: [String]

    init(
        name: String, family: Family, publicValueSize: Int, sharedSecretSize: Int, number: UInt16,
        keywords: [String]
    ) {
        self.name = name
        self.family = family
        self.publicValueSize = publicValueSize
        self.sharedSecretSize = sharedSecretSize
        self.number = number
        self.keywords = keywords
    }

    /// Those of the keywords that are words of strongSwan's and libreswan's one-line proposals.
    package var proposalWords: [String] { keywords.filter { Int($0) == nil } }
}

extension KeyExchangeMethod: Hashable {
    package static func == (left: KeyExchangeMethod, right: KeyExchangeMethod) -> Bool {
        left === right || left.number == right.number
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

extension KeyExchangeMethod: CustomStringConvertible {
    package var description: String { name }
}
