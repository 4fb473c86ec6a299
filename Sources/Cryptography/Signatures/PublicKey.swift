internal import ASN1
internal import Algorithms
internal import CLibcrypto

/// A key that verifies signatures.
package struct PublicKey: Sendable {
    package let kind: KeyKind
    /// Its SubjectPublicKeyInfo in DER.
    package let subjectPublicKeyInfo: [UInt8]
    let handle: KeyHandle

    /// Reads a SubjectPublicKeyInfo; nothing may follow it.
    package init(subjectPublicKeyInfo der: [UInt8]) throws(KeyFailure) {
        kind = try SubjectPublicKeyInfo.kind(der)
        guard let handle = KeyHandle(subjectPublicKeyInfo: der) else {
            throw .unsound("libcrypto refuses this \(kind) key")
        }
        self.handle = handle
        subjectPublicKeyInfo = der
    }

    /// An RSA key from its numbers, most significant octet first.
    package init(modulus: [UInt8], exponent: [UInt8]) throws(KeyFailure) {
        let numbers = DER.sequence(DER.integer(magnitude: modulus), DER.integer(magnitude: exponent))
        let algorithm = AlgorithmIdentifier(
            SubjectPublicKeyInfo.rsaEncryption, parameters: AlgorithmIdentifier.null)
        try self.init(
            subjectPublicKeyInfo: DER.sequence(algorithm.encoding, DER.bitString(numbers)))
    }

    /// Whether `signature` was made over `message` with the private half of this key.
    ///
    /// A scheme for other kinds of keys, and a signature in any form but the one a correct signer makes, is no match.
    package func verifies(_ signature: [UInt8], over message: [UInt8], _ scheme: SignatureScheme) -> Bool {
        guard scheme.fits(kind) else { return false }
        defer { ERR_clear_error() }
        switch scheme {
        case .rsaPKCS1(let hash):
            let information = DigestInfo.encoding(hash, Digest.compute(hash, message))
            return hasBlock(signature, around: information)
        case .rsaPKCS1Unhashed: return hasBlock(signature, around: message)
        case .rsaPSS: return handle.verifies(signature, over: message, scheme)
        case .ecdsa, .ecdsaUnhashed:
            guard case .ecdsa(let curve) = kind, let numbers = ECDSASignature(der: signature, curve: curve)
            else { return false }
            return scheme == .ecdsaUnhashed
                ? handle.verifiesUnhashed(numbers.der, over: message)
                : handle.verifies(numbers.der, over: message, scheme)
        case .edwards: return handle.verifies(signature, over: message, scheme)
        }
    }

    /// Whether the signature opens to the one block of PKCS #1 v1.5 that a signer makes around `content`.
    ///
    /// The block is made and compared whole, never parsed: what a lax parser would skip has no place to hide.
    private func hasBlock(_ signature: [UInt8], around content: [UInt8]) -> Bool {
        guard case .rsa(let bits) = kind, let block = DigestInfo.block(around: content, size: (bits + 7) / 8),
            signature.count == block.count
        else { return false }
        return handle.opened(signature) == block
    }
}

extension PublicKey: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.subjectPublicKeyInfo == right.subjectPublicKeyInfo
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(subjectPublicKeyInfo) }
}

extension PublicKey {
    /// The key without the name of its algorithm: what key identifiers are made of.
    package var octets: [UInt8] {
        SubjectPublicKeyInfo.octets(subjectPublicKeyInfo)
    }

    /// Modulus and exponent without leading zeros; nil for other kinds than RSA.
    package var rsaNumbers: (modulus: [UInt8], exponent: [UInt8])? {
        guard case .rsa = kind else { return nil }
        var numbers = DERReader(octets)
        guard var pair = try? numbers.takeSequence(), let modulus = try? pair.takeUnsigned(),
            let exponent = try? pair.takeUnsigned()
        else { return nil }
        return (modulus, exponent)
    }
}
