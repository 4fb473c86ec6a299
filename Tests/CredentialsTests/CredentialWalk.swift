import Algorithms
import Calendar
import Credentials
import Cryptography
import KeyMaterial

/// Foreign octets, led through every reader of credentials.
///
/// Each is read or refused with a sentence, and what is read keeps its promises: a function returns what is broken, or nil.
enum CredentialWalk {
    /// A certificate is told of, confirms what it says it confirms, and is no chain of its own.
    static func certificate(_ octets: [UInt8]) -> String? {
        guard let certificate = try? Certificate(der: octets) else { return nil }
        guard !certificate.title.isEmpty, certificate.fingerprint.count == 95 else { return "no name" }
        for identity in certificate.confirmedIdentities {
            if case .fqdn(let name) = identity, name.contains("*") { continue }
            if case .userFQDN = identity { continue }
            if case .distinguishedName(let der) = identity {
                guard let name = try? DistinguishedName(der: der), !name.isEmpty else { continue }
                guard (try? DistinguishedName(der: name.der)) == name else { return "unstable: \(name)" }
            }
            guard certificate.confirms(identity) else { return "not confirmed: \(identity)" }
            guard IdentityPattern(identity).matches(identity) else { return "not matched: \(identity)" }
        }
        do throws(ChainFailure) {
            let chain = try CertificateChain(
                for: certificate, intermediates: [certificate], anchors: [certificate],
                at: certificate.notBefore)
            return "a chain of \(chain.certificates.count) out of one certificate"
        } catch {
            return error.description.isEmpty ? "no sentence" : nil
        }
    }

    /// A file of keys or certificates; what it holds can be written and read again.
    static func keyFile(_ octets: [UInt8]) -> String? {
        do throws(CredentialFileFailure) {
            let file = try PrivateKeyFile(SecretBytes(copying: octets), file: "f")
            guard file.key.pem().count > 0 else { return "an empty key" }
        } catch { if error.description.isEmpty { return "no sentence" } }
        do throws(CredentialFileFailure) {
            let key = try PublicKeyFile(octets, file: "f").key
            if let text = key.recordText, (try? PublicKey(recordText: Array(text.utf8).span)) != key {
                return "an unstable record: \(text)"
            }
        } catch { if error.description.isEmpty { return "no sentence" } }
        do throws(CredentialFileFailure) {
            guard try !CertificateFile(octets, file: "f").certificates.isEmpty else {
                return "no certificate"
            }
        } catch { if error.description.isEmpty { return "no sentence" } }
        return nil
    }

    /// A distinguished name in text; what is read is read from DER as the same.
    static func name(_ octets: [UInt8]) -> String? {
        guard let name = try? DistinguishedName(String(decoding: octets, as: UTF8.self)) else { return nil }
        guard !name.description.isEmpty else { return "no text" }
        guard let again = try? DistinguishedName(der: name.der) else { return nil }
        return again == name && again.der == name.der && name.matches(again) ? nil : "unstable: \(name)"
    }

    /// A CRL or an OCSP response.
    static func revocation(_ octets: [UInt8]) -> String? {
        do throws(RevocationFailure) {
            let list = try RevocationList(der: octets)
            guard list.size == octets.count else { return "\(list.size) octets of \(octets.count)" }
        } catch { if error.description.isEmpty { return "no sentence" } }
        do throws(RevocationFailure) {
            _ = try OCSPResponse(der: octets)
        } catch { if error.description.isEmpty { return "no sentence" } }
        return nil
    }

    private static let keys = [
        KeyKind.rsa(bits: 2048), .ecdsa(.p256), .ecdsa(.p521), .ecdsa(.brainpoolP384), .ed25519, .ed448,
    ].compactMap { try? PrivateKey.generate($0).publicKey }
    private static let policy = SignaturePolicy(hashes: Set(HashFunction.allCases))

    /// Authentication data of a peer: the first octet is the method, the second says whose key is tried.
    ///
    /// Nobody forges a signature of a key that was made a moment ago.
    static func signature(_ octets: [UInt8]) -> String? {
        guard let method = octets.first, let choice = octets.dropFirst().first else { return nil }
        let key = keys[Int(choice) % keys.count]
        let signature = IKEv2Signature(
            method: AuthenticationMethod(rawValue: method), data: Array(octets.dropFirst(2)))
        do throws(SignatureFailure) {
            try signature.verify(over: [1, 2, 3], key: key, policy: policy)
            return "a forgery"
        } catch { if error.description.isEmpty { return "no sentence" } }
        do throws(SignatureFailure) {
            try IKEv1Signature.verify(signature.data, over: [1, 2, 3], key: key, policy: policy)
            return "a forgery"
        } catch { return error.description.isEmpty ? "no sentence" : nil }
    }
}
