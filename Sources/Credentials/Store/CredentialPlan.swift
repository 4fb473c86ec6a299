/// What a configuration says of keys and certificates.
package struct CredentialPlan: Hashable, Sendable {
    /// The folder of `path certificate`, where names of files start.
    ///
    /// What is self-signed in it is trusted by every peer policy that names no authority of its own; other
    /// certificates there complete chains.
    package var certificates: String
    /// Where names of key files start that are not among the certificates.
    package var privateKeys: String
    /// Lists in it count like fetched ones.
    package var revocationLists: String
    /// By the names of peer policies.
    package var peers: [String: PeerCredentialPlan]

    /// Takes `private` and `crls` from beside the folder of certificates.
    package init(certificates: String, peers: [String: PeerCredentialPlan] = [:]) {
        self.certificates = certificates
        let parent = certificates.lastIndex(of: "/").map { String(certificates[...$0]) } ?? ""
        privateKeys = parent + "private"
        revocationLists = parent + "crls"
        self.peers = peers
    }
}

/// What a `remote` block says of keys and certificates.
package struct PeerCredentialPlan: Hashable, Sendable {
    /// How we prove who we are.
    package enum Own: Hashable, Sendable {
        case certificate(file: String, key: String)
        /// A PKCS #12 file with both.
        case bundle(file: String)
        /// A key without a certificate, which IKEv2 sends by RFC 7670.
        case rawKey(file: String, RawKeyKind)
    }

    /// What the peer must have, where it is known beforehand.
    package enum Pinned: Hashable, Sendable {
        case certificate(file: String)
        case rawKey(file: String, RawKeyKind)
    }

    /// Which keys a statement may name.
    package enum RawKeyKind: String, Hashable, Sendable {
        /// racoon's: RSA alone.
        case rsa = "plain_rsa"
        case any = "raw"
    }

    /// Whether a peer's certificate is judged (`verify_cert`).
    package enum Check: Hashable, Sendable {
        case full
        /// Neither its chain nor whom it was issued to: whoever has any certificate is believed.
        case none
    }

    /// What goes into a message.
    package enum Sending: Hashable, Sendable {
        case on
        case off
    }

    /// Who we say we are, where a certificate may tell.
    package enum OwnIdentity: Hashable, Sendable {
        /// Nothing is stated: the subject of our certificate where there is one, else our address.
        case unstated
        /// The subject of our certificate (`my_identifier asn1dn`).
        case subject
        /// As the peer policy says.
        case stated
    }

    /// Another way to prove who we are, for peers that believe other authorities or take other keys.
    package struct Alternative: Hashable, Sendable {
        package var own: Own
        /// The file that opens an encrypted key.
        package var passphrase: String?

        package init(_ own: Own, passphrase: String? = nil) {
            self.own = own
            self.passphrase = passphrase
        }
    }

    package var own: Own?
    /// Used where the peer asks for what they can show and `own` cannot; the preferred first.
    package var alternatives: [Alternative] = []
    package var identity = OwnIdentity.unstated
    /// The file that opens an encrypted key.
    package var passphrase: String?
    /// Files of trusted authorities; empty for the self-signed ones of the folder.
    package var authorities: [String] = []
    package var pinned: Pinned?
    package var check = Check.full
    /// What a peer's certificate may be for (`accept_tls_cert`).
    package var tlsPurposes = ChainPolicy.TLSPurposes.refused
    /// Our certificates (`send_cert`).
    package var certificates = Sending.on
    /// The authorities that we trust (`send_cr`).
    package var requests = Sending.on
    package var revocation = RevocationPolicy.relaxed
    /// Where the block starts, `swiftike.conf:12`.
    package var origin: String

    package init(origin: String = "") {
        self.origin = origin
    }

    /// Whether we prove who we are by a signature.
    package var signs: Bool { own != nil }

    /// Whether the peer is expected to.
    package var expectsSignature: Bool { own != nil || pinned != nil || !authorities.isEmpty }
}
