package import Cryptography

/// Why nothing is signed, or a peer is not believed.
package enum CredentialRefusal: Error, Hashable, Sendable {
    /// No peer policy of this name is known here.
    case unknownPeer(String)
    /// We are to sign and no statement says with what; where the block starts.
    case nothingToSignWith(origin: String)
    /// A file that is needed cannot be used; a sentence that names it.
    case file(String)
    /// The peer sent no certificate, and none of ours is for this identity.
    case noCertificate(Identity)
    /// The peer sent a key alone, and none was named beforehand.
    case unknownRawKey(KeyKind, origin: String)
    /// The peer has another key than the one that was named; the file.
    case otherKey(file: String)
    /// No authority is trusted.
    case noAuthority(folder: String, origin: String)
    case chain(ChainFailure)
    /// The certificate was issued to somebody else.
    case identity(Identity, certificate: String, confirmed: [String])
    /// The signature is refused; whose it should be.
    case signature(SignatureFailure, of: String)
    /// Our own key does not sign so.
    case signing(SignatureFailure, file: String)
}

extension CredentialRefusal: CustomStringConvertible {
    /// The cause, and what to do.
    package var description: String {
        switch self {
        case .unknownPeer(let name): "there is no remote \"\(name)\" any more"
        case .nothingToSignWith(let origin):
            "\(origin): this remote names no key of ours; add: certificate_type x509 \"CERTIFICATE\" \"KEY\";"
        case .file(let sentence): sentence
        case .noCertificate(let identity):
            "the peer sent no certificate, and none here is for \(Self.text(identity)); have the peer send it "
                + "(send_cert on), or name it with peers_certfile"
        case .unknownRawKey(let kind, let origin):
            "the peer sent a key without a certificate (\(kind)); if it is right, write it into a file and name that "
                + "with peers_certfile raw in the remote at \(origin)"
        case .otherKey(let file):
            "the peer has another key than the one in \(file); get the peer's new key by a way you trust, if it has one"
        case .noAuthority(let folder, let origin):
            "no authority is trusted: there is no self-signed CA certificate in \(folder); copy it there, or name it "
                + "with ca_type in the remote at \(origin)"
        case .chain(let failure): "\(failure)"
        case .identity(let identity, let certificate, let confirmed):
            "the peer says it is \(Self.text(identity)), which its certificate \"\(certificate)\" does not confirm; have "
                + "it say one of these, or issue it another certificate: \(confirmed.joined(separator: "; "))"
        case .signature(let failure, let whose): "the signature of \(whose) is refused: \(failure)"
        case .signing(let failure, let file): "nothing can be signed with \(file): \(failure)"
        }
    }

    /// An identity as a configuration writes it.
    package static func text(_ identity: Identity) -> String {
        switch identity {
        case .distinguishedName(let der):
            (try? DistinguishedName(der: der)).map { "asn1dn \"\($0)\"" } ?? "\(identity)"
        case .fqdn: "fqdn \"\(identity)\""
        case .userFQDN: "user_fqdn \"\(identity)\""
        case .address: "address \(identity)"
        case .keyID, .other: "\(identity)"
        }
    }
}
