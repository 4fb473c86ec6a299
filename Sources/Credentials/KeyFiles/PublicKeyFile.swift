internal import ASN1
package import Cryptography
internal import KeyMaterial

/// A file with a public key and no certificate (RFC 7670).
package struct PublicKeyFile: Sendable {
    package let key: PublicKey

    /// Reads a SubjectPublicKeyInfo in PEM or DER, or an RSA key of PKCS #1 in PEM.
    ///
    /// The name of the file is for messages.
    package init(_ content: [UInt8], file: String) throws(CredentialFileFailure) {
        if content.first == DERTag.sequence.octet {
            key = try Self.key(content, file, line: nil)
            return
        }
        let blocks: [PEMBlock]
        do {
            blocks = try PEM.blocks(content.span)
        } catch { throw CredentialFileFailure(file, error) }
        guard let block = blocks.first(where: { $0.label == "PUBLIC KEY" || $0.label == "RSA PUBLIC KEY" }),
            let secret = SecretBytes.decoding(base64: content.span.extracting(block.body))
        else {
            throw CredentialFileFailure(
                file, line: blocks.first?.line,
                .unexpected(
                    found: blocks.first.map { "a block \"\($0.label)\"" } ?? "neither PEM nor DER",
                    expected: "a public key", advice: "make one: openssl pkey -in KEY -pubout"))
        }
        let octets = secret.withSpan { span in span.indices.map { span[$0] } }
        let der = block.label == "PUBLIC KEY" ? octets : Self.subjectPublicKeyInfo(pkcs1: octets)
        key = try Self.key(der, file, line: block.line)
    }

    private static func key(
        _ der: [UInt8], _ file: String, line: Int?
    ) throws(CredentialFileFailure) -> PublicKey {
        do throws(KeyFailure) {
            return try PublicKey(subjectPublicKeyInfo: der)
        } catch { throw CredentialFileFailure(file, line: line, .key(error)) }
    }

    private static func subjectPublicKeyInfo(pkcs1: [UInt8]) -> [UInt8] {
        let algorithm = AlgorithmIdentifier(
            ObjectIdentifier(1, 2, 840, 113549, 1, 1, 1), parameters: AlgorithmIdentifier.null)
        return DER.sequence(algorithm.encoding, DER.bitString(pkcs1))
    }
}
