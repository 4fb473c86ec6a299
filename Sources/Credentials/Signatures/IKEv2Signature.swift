internal import ASN1
internal import Algorithms
package import Cryptography

/// The method and the authentication data of an AUTH payload made with a private key.
package struct IKEv2Signature: Hashable, Sendable {
    /// How RSA keys sign where the peer leaves the choice (RFC 7427).
    package enum RSAPadding: Hashable, Sendable {
        case pss
        case pkcs1
    }

    package let method: AuthenticationMethod
    package let data: [UInt8]

    package init(method: AuthenticationMethod, data: [UInt8]) {
        self.method = method
        self.data = data
    }

    /// Signs `octets` (RFC 7296 section 2.15).
    ///
    /// - Parameter announced: the hashes of the peer's SIGNATURE_HASH_ALGORITHMS; nil where not both sides sent it,
    ///   which leaves the methods older than RFC 7427.
    package init(
        signing octets: [UInt8], with key: PrivateKey, announced: Set<SignatureHash>?,
        policy: SignaturePolicy = SignaturePolicy(), padding: RSAPadding = .pss
    ) throws(SignatureFailure) {
        if let weakness = policy.weakness(of: key.kind) { throw weakness }
        guard let announced else {
            try self.init(classic: octets, key, policy)
            return
        }
        guard let scheme = Self.scheme(for: key.kind, announced, policy, padding),
            let identifier = scheme.identifier(for: key.kind)?.encoding,
            let length = UInt8(exactly: identifier.count)
        else { throw .noCommonScheme(key.kind) }
        guard let signature = key.signature(over: octets, scheme) else { throw .refused(key.kind) }
        self.init(method: .digitalSignature, data: [length] + identifier + signature)
    }

    /// Whether the peer with this key made it over `octets`.
    ///
    /// - Throws: why not.
    package func verify(
        over octets: [UInt8], key: PublicKey, policy: SignaturePolicy = SignaturePolicy()
    ) throws(SignatureFailure) {
        if let weakness = policy.weakness(of: key.kind) { throw weakness }
        if method == .digitalSignature {
            try verifyDigitalSignature(octets, key, policy)
        } else if method == .rsa, case .rsa = key.kind {
            try verifyRSA(octets, key, policy)
        } else if let curve = method.curve, key.kind == .ecdsa(curve) {
            try verifyECDSA(octets, key, curve, policy)
        } else {
            throw .wrongMethod(method, key.kind)
        }
    }
}

extension IKEv2Signature {
    /// RSA and ECDSA as they were signed before RFC 7427.
    private init(
        classic octets: [UInt8], _ key: PrivateKey, _ policy: SignaturePolicy
    ) throws(SignatureFailure) {
        switch key.kind {
        case .rsa:
            // Old peers expect SHA-1; where it is not permitted, some understand SHA-256 too.
            let hash: HashFunction = policy.hashes.contains(.sha1) ? .sha1 : .sha256
            guard let signature = key.signature(over: octets, .rsaPKCS1(hash)) else {
                throw .refused(key.kind)
            }
            self.init(method: .rsa, data: signature)
        case .ecdsa(let curve):
            let methods: [AuthenticationMethod] = [.ecdsa256, .ecdsa384, .ecdsa521]
            guard let method = methods.first(where: { $0.curve == curve }) else {
                throw .noCommonScheme(key.kind)
            }
            guard let der = key.signature(over: octets, .ecdsa(curve.hash)),
                let signature = ECDSASignature(der: der, curve: curve)
            else { throw .refused(key.kind) }
            self.init(method: method, data: signature.joined(curve))
        case .ed25519, .ed448: throw .noCommonScheme(key.kind)
        }
    }

    /// The way to sign that both sides know, the hash as strong as the key where there is a choice.
    private static func scheme(
        for kind: KeyKind, _ announced: Set<SignatureHash>, _ policy: SignaturePolicy, _ padding: RSAPadding
    ) -> SignatureScheme? {
        func hash(_ wanted: HashFunction) -> HashFunction? {
            let order: [HashFunction] = [wanted, .sha256, .sha384, .sha512, .sha1]
            return order.first { hash in
                policy.hashes.contains(hash) && SignatureHash(hash).map(announced.contains) == true
            }
        }
        switch kind {
        case .rsa(let bits):
            let strength: HashFunction = bits <= 3072 ? .sha256 : bits <= 7680 ? .sha384 : .sha512
            return hash(strength).map { padding == .pss ? .rsaPSS($0) : .rsaPKCS1($0) }
        case .ecdsa(let curve): return hash(curve.hash).map { .ecdsa($0) }
        case .ed25519, .ed448: return announced.contains(.identity) ? .edwards : nil
        }
    }

    private func verifyDigitalSignature(
        _ octets: [UInt8], _ key: PublicKey, _ policy: SignaturePolicy
    ) throws(SignatureFailure) {
        guard let length = data.first, data.count > 1 + Int(length) else {
            throw .malformed("it ends inside the algorithm's name")
        }
        let identifier = data.dropFirst().prefix(Int(length))
        let scheme = try Self.scheme(named: identifier, key.kind)
        if let weakness = policy.weakness(of: scheme) { throw weakness }
        let signature = Array(data.dropFirst(1 + Int(length)))
        guard key.verifies(signature, over: octets, scheme) else { throw .mismatch }
    }

    private static func scheme(
        named octets: ArraySlice<UInt8>, _ kind: KeyKind
    ) throws(SignatureFailure) -> SignatureScheme {
        var reader = DERReader(octets)
        let identifier: AlgorithmIdentifier
        do {
            identifier = try AlgorithmIdentifier(from: &reader)
            try reader.requireEnd()
        } catch { throw .malformed("\(error)") }
        do {
            return try SignatureScheme(identifier, for: kind)
        } catch { throw .algorithm(error) }
    }

    /// The hash is not told by the method: each permitted one is tried, and SHA-1 to tell why it is refused.
    private func verifyRSA(
        _ octets: [UInt8], _ key: PublicKey, _ policy: SignaturePolicy
    ) throws(SignatureFailure) {
        for hash in [HashFunction.sha1, .sha256, .sha384, .sha512]
        where key.verifies(data, over: octets, .rsaPKCS1(hash)) {
            if let weakness = policy.weakness(of: .rsaPKCS1(hash)) { throw weakness }
            return
        }
        throw .mismatch
    }

    private func verifyECDSA(
        _ octets: [UInt8], _ key: PublicKey, _ curve: SignatureCurve, _ policy: SignaturePolicy
    ) throws(SignatureFailure) {
        let scheme = SignatureScheme.ecdsa(curve.hash)
        if let weakness = policy.weakness(of: scheme) { throw weakness }
        guard let signature = ECDSASignature(joined: data, curve: curve) else {
            throw .malformed(
                "\(data.count) octets where \(method) has \(2 * curve.size), none of them all zero")
        }
        guard key.verifies(signature.der, over: octets, scheme) else { throw .mismatch }
    }
}
