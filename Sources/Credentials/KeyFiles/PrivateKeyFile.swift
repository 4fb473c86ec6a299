internal import ASN1
package import Cryptography
package import KeyMaterial

/// A file with a private key, and the certificates that are with it.
///
/// PKCS #8, PKCS #1 and SEC 1 in PEM or DER, encrypted or not; PKCS #12; the text forms of racoon and FreeS/WAN with
/// one key.
package struct PrivateKeyFile: Sendable {
    package let key: PrivateKey
    package let certificates: [Certificate]

    private init(key: PrivateKey, certificates: [Certificate] = []) {
        self.key = key
        self.certificates = certificates
    }

    /// Reads the content of `file`, whose name is for messages.
    ///
    /// - Parameter passphrase: nil makes an encrypted key fail with `needsPassphrase`.
    package init(
        _ content: borrowing SecretBytes, file: String, passphrase: SecretKey? = nil
    ) throws(CredentialFileFailure) {
        let start = content.withSpan { span in span.isEmpty ? nil : span[0] }
        if start == DERTag.sequence.octet {
            self = try Self.binary(content, file, passphrase)
            return
        }
        let blocks: Result<[PEMBlock], CredentialFileFailure> = content.withSpan { span in
            do throws(PEM.Failure) {
                return .success(try PEM.blocks(span))
            } catch { return .failure(CredentialFileFailure(file, error)) }
        }
        let found = try blocks.get()
        self =
            found.isEmpty
            ? try Self.text(content, file) : try Self.pem(content, found, file, passphrase)
    }

    /// Whether a file is PEM and has no private key: certificates, requests, parameters.
    package static func holdsOthersAlone(_ content: borrowing SecretBytes) -> Bool {
        content.withSpan { span in PEM.isWithout({ $0.hasSuffix("PRIVATE KEY") }, span) }
    }

    private static func binary(
        _ content: borrowing SecretBytes, _ file: String, _ passphrase: SecretKey?
    ) throws(CredentialFileFailure) -> PrivateKeyFile {
        // PKCS #12 alone starts with version 3.
        let isPKCS12 = content.withSpan { span in
            startsWithVersion3((0..<min(span.count, 32)).map { span[$0] })
        }
        do throws(KeyFailure) {
            guard isPKCS12 else {
                return PrivateKeyFile(key: try PrivateKey(content, .der, passphrase: passphrase))
            }
            let bundle = try PKCS12(content, passphrase: passphrase)
            return PrivateKeyFile(
                key: bundle.key, certificates: bundle.certificates.compactMap { try? Certificate(der: $0) })
        } catch { throw CredentialFileFailure(file, .key(error)) }
    }

    private static func pem(
        _ content: borrowing SecretBytes, _ blocks: [PEMBlock], _ file: String, _ passphrase: SecretKey?
    ) throws(CredentialFileFailure) -> PrivateKeyFile {
        guard let block = blocks.first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
            throw CredentialFileFailure(
                file, line: blocks.first?.line,
                .unexpected(
                    found: "a block \"\(blocks.first?.label ?? "")\"", expected: "a private key",
                    advice: "name the file with -----BEGIN PRIVATE KEY-----"))
        }
        guard block.label != "OPENSSH PRIVATE KEY" else {
            throw CredentialFileFailure(
                file, line: block.line,
                .unexpected(
                    found: "a key of OpenSSH's", expected: "PKCS#8, PKCS#1 or SEC1",
                    advice: "convert it: ssh-keygen -p -m PKCS8 -f \(file)"))
        }
        let key: PrivateKey
        do throws(KeyFailure) {
            key = try PrivateKey(content.extracting(block.range), .pem, passphrase: passphrase)
        } catch { throw CredentialFileFailure(file, line: block.line, .key(error)) }
        var certificates: [Certificate] = []
        for block in blocks where CertificateFile.labels.contains(block.label) {
            let certificate: Result<Certificate, CredentialFileFailure> = content.withSpan { span in
                do throws(CredentialFileFailure) {
                    return .success(try CertificateFile.certificate(block, span, file))
                } catch { return .failure(error) }
            }
            certificates.append(try certificate.get())
        }
        return PrivateKeyFile(key: key, certificates: certificates)
    }

    private static func text(
        _ content: borrowing SecretBytes, _ file: String
    ) throws(CredentialFileFailure) -> PrivateKeyFile {
        let entries = try RSAKeyText.entries(content, file: file)
        let keys = entries.compactMap { entry in
            if case .privateKey(let key) = entry.key { key } else { nil }
        }
        guard let key = keys.first, keys.count == 1 else {
            throw CredentialFileFailure(
                file,
                .unexpected(
                    found: keys.isEmpty ? "no private key" : "\(keys.count) private keys",
                    expected: "one", advice: "leave one `: RSA { … }` in the file"))
        }
        return PrivateKeyFile(key: key)
    }

    /// Whether a SEQUENCE starts with the INTEGER 3.
    private static func startsWithVersion3(_ octets: [UInt8]) -> Bool {
        guard let length = octets.dropFirst().first else { return false }
        let header = length < 0x80 ? 2 : 2 + Int(length & 0x7f)
        return octets.dropFirst(header).starts(with: [0x02, 0x01, 0x03])
    }
}
