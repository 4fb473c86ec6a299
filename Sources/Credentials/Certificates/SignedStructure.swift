package import ASN1
package import Cryptography

/// Something signed in the way of X.509: the octets that are signed, how, and the signature.
package struct SignedStructure: Sendable {
    package let signed: ArraySlice<UInt8>
    package let algorithm: AlgorithmIdentifier
    package let signature: [UInt8]

    /// Reads one, to its last octet.
    package init(der: [UInt8]) throws(DERError) {
        var outer = DERReader(der)
        var whole = try outer.takeSequence()
        try outer.requireEnd()
        try self.init(from: &whole)
        try whole.requireEnd()
    }

    /// Takes the three parts from the front of what `reader` reads.
    init(from reader: inout DERReader) throws(DERError) {
        signed = try reader.take(.sequence).encoding
        algorithm = try AlgorithmIdentifier(from: &reader)
        signature = Array(try reader.takeWholeBits())
    }

    /// Whether `key` signed it, strongly enough.
    ///
    /// - Throws: why not.
    package func verify(_ key: PublicKey, _ policy: SignaturePolicy) throws(SignatureFailure) {
        if let weakness = policy.weakness(of: key.kind) { throw weakness }
        let scheme: SignatureScheme
        do {
            scheme = try SignatureScheme(algorithm, for: key.kind)
        } catch { throw .algorithm(error) }
        if let weakness = policy.weakness(of: scheme) { throw weakness }
        guard key.verifies(signature, over: Array(signed), scheme) else { throw .mismatch }
    }

    /// The whole structure made of octets to sign.
    ///
    /// - Throws: `noCommonScheme` where such keys do not sign so, `refused` where libcrypto does not.
    package static func signing(
        _ octets: [UInt8], with key: PrivateKey, _ scheme: SignatureScheme
    ) throws(SignatureFailure) -> [UInt8] {
        guard let identifier = scheme.identifier(for: key.kind) else { throw .noCommonScheme(key.kind) }
        guard let signature = key.signature(over: octets, scheme) else { throw .refused(key.kind) }
        return DER.sequence(octets, identifier.encoding, DER.bitString(signature))
    }
}
