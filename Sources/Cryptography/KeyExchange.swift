package import Algorithms
package import KeyMaterial

/// Why a peer's public value was refused, or none of ours was made.
package enum KeyExchangeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value has another length than the group's; both in octets.
    case wrongSize(expected: Int, found: Int)
    /// 0, 1, p-1, or p and above: no secret would come of it, or it is no element of the group.
    case outOfRange
    /// The coordinates are no point of the curve.
    case notOnCurve
    /// libcrypto does not offer the group.
    case unsupported(String)

    package var description: String {
        switch self {
        case .wrongSize(let expected, let found):
            "public value of \(found) octets where the group has \(expected)"
        case .outOfRange: "public value outside 2...p-2"
        case .notOnCurve: "public value is not a point of the curve"
        case .unsupported(let name): "this host's libcrypto does not offer the group \(name)"
        }
    }
}

/// Our half of a Diffie-Hellman exchange: a fresh private value, wiped with its owner, and what the peer gets.
package struct KeyExchange: ~Copyable, Sendable {
    /// The group.
    package let method: KeyExchangeMethod
    /// What goes into the key exchange payload: left-padded number, or x then y; `method.publicValueSize` octets.
    package let publicValue: [UInt8]
    private let privateValue: SecretBytes

    /// Draws a private value and computes the public one.
    ///
    /// - Throws: `unsupported` alone.
    package init(_ method: KeyExchangeMethod, random: inout some RandomSource) throws(KeyExchangeFailure) {
        self.method = method
        switch method.family {
        case .modp(let bits):
            let group = try ModularGroup.named(method.name, bits: bits)
            privateValue = group.privateValue(from: &random)
            publicValue = group.publicValue(for: privateValue)
        case .ecp(let bits):
            let curve = try EllipticCurve.named(method.name, bits: bits)
            privateValue = curve.privateValue(from: &random)
            publicValue = curve.publicValue(for: privateValue)
        }
    }

    /// Makes the half whose private value is known already: what test vectors need.
    package init(_ method: KeyExchangeMethod, privateValue: consuming SecretBytes) throws(KeyExchangeFailure)
    {
        self.method = method
        self.privateValue = privateValue
        switch method.family {
        case .modp(let bits):
            publicValue = try ModularGroup.named(method.name, bits: bits).publicValue(for: self.privateValue)
        case .ecp(let bits):
            publicValue = try EllipticCurve.named(method.name, bits: bits).publicValue(for: self.privateValue)
        }
    }

    /// The secret both sides share: left-padded g^xy, or x alone (RFC 5903); `method.sharedSecretSize` octets.
    ///
    /// - Throws: `wrongSize`, `outOfRange` or `notOnCurve` for a public value no honest peer sends.
    package borrowing func sharedSecret(with peerValue: [UInt8]) throws(KeyExchangeFailure) -> SecretKey {
        guard peerValue.count == method.publicValueSize else {
            throw .wrongSize(expected: method.publicValueSize, found: peerValue.count)
        }
        switch method.family {
        case .modp(let bits):
            return try ModularGroup.named(method.name, bits: bits).sharedSecret(privateValue, peerValue)
        case .ecp(let bits):
            return try EllipticCurve.named(method.name, bits: bits).sharedSecret(privateValue, peerValue)
        }
    }

    /// Whether a public value could be a peer's, before any of ours exists.
    ///
    /// - Throws: as `sharedSecret(with:)`.
    package static func validate(_ peerValue: [UInt8], for method: KeyExchangeMethod)
        throws(KeyExchangeFailure)
    {
        guard peerValue.count == method.publicValueSize else {
            throw .wrongSize(expected: method.publicValueSize, found: peerValue.count)
        }
        switch method.family {
        case .modp(let bits): try ModularGroup.named(method.name, bits: bits).validate(peerValue)
        case .ecp(let bits): try EllipticCurve.named(method.name, bits: bits).validate(peerValue)
        }
    }
}
