package import Credentials

/// A certificate payload's content: how it is encoded, by IANA's number (RFC 7296 section 3.6), and the octets.
package struct EncodedCertificate: Hashable, Sendable {
    package var encoding: UInt8
    package var octets: [UInt8]

    package init(encoding: UInt8, octets: [UInt8]) {
        self.encoding = encoding
        self.octets = octets
    }
}

/// A question to whoever holds our private keys; the key never leaves there.
package struct SignatureRequest: Hashable, Sendable {
    /// What is signed.
    package enum Content: Hashable, Sendable {
        /// HASH_I or HASH_R (RFC 2409 section 5.1).
        case ikev1([UInt8])
        /// The octets of RFC 7296 section 2.15, and the hashes that the peer announced; nil where it announced none,
        /// which leaves the methods older than RFC 7427.
        case ikev2([UInt8], announced: Set<SignatureHash>?)
    }

    /// The name of the peer policy whose credentials are used.
    package var peer: String
    package var content: Content
    package var wish: CertificateWish

    package init(peer: String, content: Content, wish: CertificateWish = CertificateWish()) {
        self.peer = peer
        self.content = content
        self.wish = wish
    }
}

/// What a peer says of the certificates that it wants to see.
package struct CertificateWish: Hashable, Sendable {
    /// Whether it takes what a responder says of our certificate beside it (RFC 4806).
    package enum Responses: Hashable, Sendable {
        case unwanted
        case wanted
    }

    /// SHA-1 hashes of the public keys of the authorities that it trusts; empty where it does not say.
    package var authorities: [[UInt8]]
    package var responses: Responses

    package init(authorities: [[UInt8]] = [], responses: Responses = .unwanted) {
        self.authorities = authorities
        self.responses = responses
    }
}

/// Our signature, and what lets the peer believe it.
package struct SignatureAnswer: Hashable, Sendable {
    /// In IKEv1 the data alone goes on the wire.
    package var signature: IKEv2Signature
    /// Ours first, then those that lead to an authority; empty where the peer has them.
    package var certificates: [EncodedCertificate]

    package init(signature: IKEv2Signature, certificates: [EncodedCertificate]) {
        self.signature = signature
        self.certificates = certificates
    }
}

/// A question whether a peer is who it says, answered once all that it takes to know is fetched.
package struct VerificationRequest: Hashable, Sendable {
    /// What the peer proves it with.
    package enum Proof: Hashable, Sendable {
        case ikev1(signature: [UInt8], hash: [UInt8])
        case ikev2(IKEv2Signature, octets: [UInt8])
    }

    /// The name of the peer policy that says whom to believe.
    package var peer: String
    package var identity: Identity
    package var proof: Proof
    /// As they came; the peer's first if it keeps to the rules.
    package var certificates: [EncodedCertificate]

    package init(
        peer: String, identity: Identity, proof: Proof, certificates: [EncodedCertificate]
    ) {
        self.peer = peer
        self.identity = identity
        self.proof = proof
        self.certificates = certificates
    }
}

/// What made us believe a peer, for people.
package struct PeerCredential: Hashable, Sendable {
    /// `certificate "CN=west" of "CN=Example CA", not revoked (OCSP)`.
    package var description: String
    /// What is known of its revocation; nil where nothing can revoke it, as a key that the configuration names.
    package var revocation: RevocationFinding?

    package init(description: String, revocation: RevocationFinding? = nil) {
        self.description = description
        self.revocation = revocation
    }
}

/// What the policy for a peer wanted to know of its certificate, and what there was to know.
package struct RevocationFinding: Hashable, Sendable {
    package var policy: RevocationPolicy
    /// Of the peer's own certificate; nil where nothing was asked.
    package var status: RevocationStatus?
    /// Why what could have told more did not, a sentence each.
    package var complaints: [String]

    package init(_ policy: RevocationPolicy, _ status: RevocationStatus?, complaints: [String] = []) {
        self.policy = policy
        self.status = status
        self.complaints = complaints
    }
}

/// Why nothing was signed, or the peer is not believed.
package struct CredentialFailure: Error, Hashable, Sendable {
    /// The cause, and what to do.
    package var sentence: String
    /// Further lines: the chain that was tried.
    package var details: [String]

    package init(_ sentence: String, details: [String] = []) {
        self.sentence = sentence
        self.details = details
    }
}
