internal import ASN1
internal import KeyMaterial

/// A file of certificates: PEM with one or many, or DER with one.
package struct CertificateFile: Sendable {
    /// In the order of the file.
    package let certificates: [Certificate]

    /// Reads the content of `file`, whose name is for messages.
    package init(_ content: [UInt8], file: String) throws(CredentialFileFailure) {
        if content.first == DERTag.sequence.octet {
            certificates = [try Self.certificate(content, file, line: nil)]
            return
        }
        let blocks: [PEMBlock]
        do {
            blocks = try PEM.blocks(content.span)
        } catch { throw CredentialFileFailure(file, error) }
        let wanted = blocks.filter { Self.labels.contains($0.label) }
        guard !wanted.isEmpty else { throw Self.nothing(blocks, file) }
        var certificates: [Certificate] = []
        for block in wanted { certificates.append(try Self.certificate(block, content.span, file)) }
        self.certificates = certificates
    }

    /// Whether a file is PEM and has no certificate: keys, requests, parameters.
    package static func holdsOthersAlone(_ content: [UInt8]) -> Bool {
        PEM.isWithout(labels.contains, content.span)
    }

    static let labels = ["CERTIFICATE", "X509 CERTIFICATE"]

    /// The certificate in a block of PEM.
    static func certificate(
        _ block: PEMBlock, _ text: Span<UInt8>, _ file: String
    ) throws(CredentialFileFailure) -> Certificate {
        guard let der = SecretBytes.decoding(base64: text.extracting(block.body)) else {
            throw CredentialFileFailure(
                file, line: block.line,
                .unexpected(
                    found: "characters that are no base64", expected: "a certificate",
                    advice: "get the file again"))
        }
        return try certificate(der.withSpan { span in span.indices.map { span[$0] } }, file, line: block.line)
    }

    private static func certificate(
        _ der: [UInt8], _ file: String, line: Int?
    ) throws(CredentialFileFailure) -> Certificate {
        do throws(DERError) {
            return try Certificate(der: der)
        } catch { throw CredentialFileFailure(file, line: line, .certificate(error)) }
    }

    private static func nothing(_ blocks: [PEMBlock], _ file: String) -> CredentialFileFailure {
        let found = blocks.first.map { "a block \"\($0.label)\"" } ?? "neither PEM nor DER"
        return CredentialFileFailure(
            file, line: blocks.first?.line,
            .unexpected(
                found: found, expected: "a certificate",
                advice: "name a file with -----BEGIN CERTIFICATE----- or a certificate in DER"))
    }
}
