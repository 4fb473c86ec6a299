internal import ASN1

/// What a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) says of its key, checked as far as it can be without arithmetic.
enum SubjectPublicKeyInfo {
    static let rsaEncryption = ObjectIdentifier(1, 2, 840, 113549, 1, 1, 1)
    private static let ecPublicKey = ObjectIdentifier(1, 2, 840, 10045, 2, 1)
    private static let ed25519 = ObjectIdentifier(1, 3, 101, 112)
    private static let ed448 = ObjectIdentifier(1, 3, 101, 113)
    private static let others: [ObjectIdentifier: String] = [
        ObjectIdentifier(1, 2, 840, 113549, 1, 1, 10): "a key for RSASSA-PSS alone",
        ObjectIdentifier(1, 2, 840, 10040, 4, 1): "a DSA key",
        ObjectIdentifier(1, 2, 840, 10046, 2, 1): "a Diffie-Hellman key",
        ObjectIdentifier(1, 3, 101, 110): "an X25519 key",
        ObjectIdentifier(1, 3, 101, 111): "an X448 key",
    ]
    /// Bits of a modulus; a longer one would cost a peer little and us much.
    private static let modulusBits = 512...8192
    /// Bits of a public exponent, at most.
    private static let mostExponentBits = 64

    static func kind(_ der: [UInt8]) throws(KeyFailure) -> KeyKind {
        do {
            var outer = DERReader(der)
            var inside = try outer.takeSequence()
            try outer.requireEnd()
            let algorithm = try AlgorithmIdentifier(from: &inside)
            let key = try inside.takeWholeBits()
            try inside.requireEnd()
            return try kind(algorithm, key).get()
        } catch let error as DERError {
            throw .malformed(error.description)
        } catch let failure as KeyFailure {
            throw failure
        } catch {
            preconditionFailure("neither DER nor a key failed")
        }
    }

    /// The octets of the key inside; none where there is no key inside.
    static func octets(_ der: [UInt8]) -> [UInt8] {
        var outer = DERReader(der)
        guard var inside = try? outer.takeSequence(), (try? inside.take(.sequence)) != nil,
            let key = try? inside.takeWholeBits()
        else { return [] }
        return Array(key)
    }

    private static func kind(
        _ algorithm: AlgorithmIdentifier, _ key: ArraySlice<UInt8>
    ) throws(DERError) -> Result<KeyKind, KeyFailure> {
        switch algorithm.algorithm {
        case rsaEncryption:
            guard algorithm.parameters == AlgorithmIdentifier.null else {
                return .failure(.malformed("rsaEncryption has other parameters than NULL"))
            }
            return try rsa(key)
        case ecPublicKey: return try ellipticCurve(algorithm.parameters, key)
        case ed25519: return edwards(.ed25519, algorithm, key, size: 32)
        case ed448: return edwards(.ed448, algorithm, key, size: 57)
        case let other:
            return .failure(.unsupported(others[other] ?? "a key of the algorithm \(other)"))
        }
    }

    private static func rsa(_ key: ArraySlice<UInt8>) throws(DERError) -> Result<KeyKind, KeyFailure> {
        var outer = DERReader(key)
        var inside = try outer.takeSequence()
        try outer.requireEnd()
        let modulus = try inside.takeUnsigned()
        let exponent = try inside.takeUnsigned()
        try inside.requireEnd()
        return rsa(modulus: modulus, exponent: exponent)
    }

    /// The kind of an RSA key, from magnitudes without leading zeros.
    static func rsa(modulus: [UInt8], exponent: [UInt8]) -> Result<KeyKind, KeyFailure> {
        let bits = bitCount(modulus)
        guard modulusBits.contains(bits) else {
            return .failure(
                .unsupported(
                    "an RSA key of \(bits) bits, outside \(modulusBits.lowerBound) to \(modulusBits.upperBound),"
                ))
        }
        guard let last = modulus.last, last & 1 == 1 else { return .failure(.unsound("the modulus is even")) }
        guard let last = exponent.last, last & 1 == 1, exponent != [1] else {
            return .failure(.unsound("the public exponent is 1 or even"))
        }
        guard bitCount(exponent) <= mostExponentBits else {
            return .failure(.unsound("the public exponent has more than \(mostExponentBits) bits"))
        }
        return .success(.rsa(bits: bits))
    }

    private static func bitCount(_ magnitude: [UInt8]) -> Int {
        guard let first = magnitude.first else { return 0 }
        return magnitude.count * 8 - first.leadingZeroBitCount
    }

    private static func ellipticCurve(
        _ parameters: [UInt8]?, _ point: ArraySlice<UInt8>
    ) throws(DERError) -> Result<KeyKind, KeyFailure> {
        var reader = DERReader(parameters ?? [])
        guard reader.nextTag == .objectIdentifier else {
            return .failure(.unsupported("an elliptic curve that is described instead of named"))
        }
        let name = try reader.takeObjectIdentifier()
        guard let curve = SignatureCurve.allCases.first(where: { $0.objectIdentifier == name }) else {
            return .failure(.unsupported("a key on the curve \(name)"))
        }
        switch (point.first, point.count) {
        case (4, 1 + 2 * curve.size), (2, 1 + curve.size), (3, 1 + curve.size): return .success(.ecdsa(curve))
        default: return .failure(.malformed("\(point.count) octets are no point of \(curve.rawValue)"))
        }
    }

    private static func edwards(
        _ kind: KeyKind, _ algorithm: AlgorithmIdentifier, _ key: ArraySlice<UInt8>, size: Int
    ) -> Result<KeyKind, KeyFailure> {
        guard algorithm.parameters == nil else { return .failure(.malformed("\(kind) has no parameters")) }
        guard key.count == size else {
            return .failure(.malformed("\(key.count) octets where \(kind) has \(size)"))
        }
        return .success(kind)
    }
}
