package import Algorithms
package import Cryptography
package import KeyMaterial

/// Why a peer's public value was refused, or none of ours was made.
package enum KeyExchangeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value has another length than the group's; both in octets.
    case wrongSize(expected: Int, found: Int)
    /// 0, 1, p-1, or p and above: no secret would come of it, or it is no element of the group.
    case outOfRange
    /// The coordinates are no point of the curve.
    case notOnCurve
    /// The number is no element of the group's subgroup of prime order.
    case outsideSubgroup
    /// The point is of small order: the secret would be zero whatever our private value is.
    case smallOrder
    /// libcrypto does not offer the group.
    case unsupported(String)

    package var description: String {
        switch self {
        case .wrongSize(let expected, let found):
            "public value of \(found) octets where the group has \(expected)"
        case .outOfRange: "public value outside 2...p-2"
        case .notOnCurve: "public value is not a point of the curve"
        case .outsideSubgroup: "public value is not in the subgroup"
        case .smallOrder: "public value of small order, from which no secret comes"
        case .unsupported(let name): "this host's libcrypto does not offer the group \(name)"
        }
    }
}

/// Our half of a Diffie-Hellman exchange: a fresh private value, wiped with its owner, and what the peer gets.
package struct KeyExchange: ~Copyable, Sendable {
    /// The group.
    package let method: KeyExchangeMethod
    /// What goes into the key exchange payload, `method.publicValueSize` octets: a left-padded number, x then y,
    /// or the octets of RFC 7748.
    package let publicValue: [UInt8]
    private let privateHalf: PrivateHalf

    /// Draws a private value and computes the public one.
    ///
    /// - Throws: `unsupported` alone.
    package init(_ method: KeyExchangeMethod, random: inout some RandomSource) throws(KeyExchangeFailure) {
        let group = try Group(method)
        try self.init(method, group, privateValue: group.privateValue(from: &random))
    }

    /// Makes the half whose private value is known already: what test vectors need.
    ///
    /// - Throws: `unsupported` alone.
    package init(_ method: KeyExchangeMethod, privateValue: consuming SecretBytes) throws(KeyExchangeFailure)
    {
        try self.init(method, Group(method), privateValue: privateValue)
    }

    private init(
        _ method: KeyExchangeMethod, _ group: Group, privateValue: consuming SecretBytes
    ) throws(KeyExchangeFailure) {
        self.method = method
        switch group {
        case .modular(let group):
            publicValue = group.publicValue(for: privateValue)
            privateHalf = .modular(PrivateNumber(group: group, value: privateValue))
        case .weierstrass(let curve):
            publicValue = curve.publicValue(for: privateValue)
            privateHalf = .weierstrass(PrivateNumber(group: curve, value: privateValue))
        case .x25519:
            let pair = try X25519KeyPair(privateValue: privateValue)
            publicValue = pair.publicValue
            privateHalf = .x25519(pair)
        case .x448:
            let pair = try X448KeyPair(privateValue: privateValue)
            publicValue = pair.publicValue
            privateHalf = .x448(pair)
        }
    }

    /// The secret both sides share, `method.sharedSecretSize` octets: left-padded g^xy, x alone (RFC 5903), or the
    /// octets of RFC 7748.
    ///
    /// - Throws: any other failure than `unsupported`, for a public value no honest peer sends.
    package borrowing func sharedSecret(with peerValue: [UInt8]) throws(KeyExchangeFailure) -> SecretKey {
        try Self.checkSize(peerValue, method)
        switch privateHalf {
        case .modular(let own): return try own.group.sharedSecret(own.value, peerValue)
        case .weierstrass(let own): return try own.group.sharedSecret(own.value, peerValue)
        case .x25519(let pair): return try pair.sharedSecret(with: peerValue)
        case .x448(let pair): return try pair.sharedSecret(with: peerValue)
        }
    }

    /// Whether a public value could be a peer's, before any of ours exists.
    ///
    /// - Throws: as `sharedSecret(with:)`, or `unsupported`.
    package static func validate(_ peerValue: [UInt8], for method: KeyExchangeMethod)
        throws(KeyExchangeFailure)
    {
        try checkSize(peerValue, method)
        switch try Group(method) {
        case .modular(let group): try group.validate(peerValue)
        case .weierstrass(let curve): try curve.validate(peerValue)
        // RFC 8031 section 3.2 lets every string of the right length pass but those of which no secret comes, whatever
        // our private value is.
        case .x25519, .x448:
            _ = try KeyExchange(method, privateValue: SecretBytes(copying: anyPrivateValue(method)))
                .sharedSecret(with: peerValue)
        }
    }

    /// Groups of the catalogue that this host's libcrypto does not offer: distributions leave out curves, and FIPS
    /// mode does.
    package static let missing = Catalogue.keyExchange.filter { method in
        switch try? Group(method) {
        case .modular, .weierstrass: false
        case .x25519, .x448:
            (try? KeyExchange(method, privateValue: SecretBytes(copying: anyPrivateValue(method)))) == nil
        case nil: true
        }
    }

    /// One as good as any other, where nothing depends on it.
    private static func anyPrivateValue(_ method: KeyExchangeMethod) -> [UInt8] {
        [UInt8](repeating: 7, count: method.publicValueSize)
    }

    private static func checkSize(
        _ peerValue: [UInt8], _ method: KeyExchangeMethod
    ) throws(KeyExchangeFailure) {
        guard peerValue.count == method.publicValueSize else {
            throw .wrongSize(expected: method.publicValueSize, found: peerValue.count)
        }
    }
}

/// What computes in a group.
private enum Group {
    case modular(ModularGroup)
    case weierstrass(EllipticCurve)
    case x25519
    case x448

    init(_ method: KeyExchangeMethod) throws(KeyExchangeFailure) {
        let group: Group? =
            switch method.family {
            case .modp(let bits): ModularGroup.safePrime(bits: bits).map(Group.modular)
            case .modpSubgroup(_, let orderBits):
                ModularGroup.subgroup(orderBits: orderBits).map(Group.modular)
            case .ecp(let bits): EllipticCurve.nist(bits: bits).map(Group.weierstrass)
            case .brainpool(let bits): EllipticCurve.brainpool(bits: bits).map(Group.weierstrass)
            case .curve25519: .x25519
            case .curve448: .x448
            }
        guard let group else { throw .unsupported(method.name) }
        self = group
    }

    func privateValue(from random: inout some RandomSource) -> SecretBytes {
        switch self {
        case .modular(let group): group.privateValue(from: &random)
        case .weierstrass(let curve): curve.privateValue(from: &random)
        case .x25519: random.secret(count: X25519KeyPair.size)
        case .x448: random.secret(count: X448KeyPair.size)
        }
    }
}

/// A private value beside what computes with it.
///
/// Not private to the file: the compiler would lose it where another module stores a `KeyExchange`.
enum PrivateHalf: ~Copyable, Sendable {
    case modular(PrivateNumber<ModularGroup>)
    case weierstrass(PrivateNumber<EllipticCurve>)
    case x25519(X25519KeyPair)
    case x448(X448KeyPair)
}

struct PrivateNumber<Group: Sendable>: ~Copyable, Sendable {
    let group: Group
    let value: SecretBytes
}
