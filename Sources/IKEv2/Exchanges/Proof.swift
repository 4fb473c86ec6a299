import Credentials
import IPsec
import KeyMaterial
import Negotiation

/// What a proof of identity needs from whoever holds the keys.
enum ProofAnswer {
    case key(Result<SecretKey, SharedSecretFailure>)
    case signature(Result<SignatureAnswer, CredentialFailure>)
    case verdict(Result<PeerCredential, CredentialFailure>)
}

/// Making and checking AUTH payloads (RFC 7296 section 2.15).
extension IKESA {
    /// What AUTH of a side is over.
    ///
    /// - Parameter role: whose AUTH.
    private static func signedOctets(
        _ authenticating: Authenticating, _ role: IKESAStatus.Role, _ identification: IdentificationPayload
    ) -> [UInt8] {
        let (opening, keys) = (authenticating.opening, authenticating.secured.keys)
        let isInitiator = role == .initiator
        return SignedOctets.make(
            keys.prf, message: isInitiator ? opening.request : opening.answer,
            nonce: isInitiator ? opening.nonces.responder : opening.nonces.initiator,
            key: isInitiator ? keys.skPi : keys.skPr, identification: identification.body)
    }

    /// Asks for what our AUTH is made of.
    ///
    /// - Parameters:
    ///   - peerIdentity: whom the key is shared with, if that is known.
    ///   - wish: which certificates the peer wants.
    func askProof(
        _ authenticating: Authenticating, as identification: IdentificationPayload,
        to peerIdentity: Identity?,
        wish: CertificateWish, _ turn: inout Turn
    ) -> EffectToken {
        switch peer.localAuthentication {
        case .preSharedKey: return askKey(authenticating.secured.keys, of: peerIdentity, &turn)
        case .signature:
            let token = turn.token(for: id)
            let octets = Self.signedOctets(authenticating, role, identification)
            turn.effects.append(
                .sign(
                    token,
                    SignatureRequest(
                        peer: peer.name,
                        content: .ikev2(octets, announced: announcedHashes(authenticating.secured)),
                        wish: wish)))
            return token
        }
    }

    /// The hashes that both sides have announced; nil where not both have announced any.
    private func announcedHashes(_ secured: Secured) -> Set<SignatureHash>? {
        let hashes = secured.capabilities.signatureHashes.compactMap(SignatureHash.init(rawValue:))
        return hashes.isEmpty || !usesSignatures ? nil : Set(hashes)
    }

    /// Whether either side may prove itself with a signature.
    var usesSignatures: Bool {
        candidates.contains {
            $0.wrappedValue.localAuthentication == .signature
                || $0.wrappedValue.remoteAuthentication.contains(.signature)
        }
    }

    /// Our AUTH, and what goes before it; the key it was made with, where a pre-shared one was.
    func proof(
        _ authenticating: Authenticating, as identification: IdentificationPayload, from answer: ProofAnswer
    ) throws(NegotiationFailure) -> (payloads: [Payload], key: SecretKey?) {
        switch answer {
        case .key(.success(let key)):
            let proof = SignedOctets.authentication(
                authenticating.secured.keys.prf, keyedPad: key,
                Self.signedOctets(authenticating, role, identification))
            return ([.authentication(AuthenticationPayload(.sharedKey, proof))], key)
        case .key(.failure(let failure)): throw .authenticationFailed(.noSharedSecret(failure))
        case .signature(.success(let made)):
            let certificates = made.certificates.map { certificate in
                Payload.certificate(
                    CertificatePayload(
                        CertificateEncoding(rawValue: certificate.encoding), certificate.octets))
            }
            let proof = AuthenticationPayload(made.signature.method, made.signature.data)
            return (certificates + [.authentication(proof)], nil)
        case .signature(.failure(let failure)): throw .authenticationFailed(.credential(failure))
        case .verdict: preconditionFailure("a verdict where a proof of our own was asked for")
        }
    }

    /// Asks for what it takes to check the peer's AUTH.
    func askVerdict(
        _ authenticating: Authenticating, _ claim: AuthClaim, _ turn: inout Turn
    ) throws(NegotiationFailure) -> EffectToken {
        guard let kind = claim.kind, peer.remoteAuthentication.contains(kind) else {
            let wanted = peer.remoteAuthentication.map(\.rawValue).sorted().joined(separator: " or ")
            throw .authenticationFailed(
                .unexpectedMethod(claim.authentication.method.description, expected: wanted))
        }
        switch kind {
        case .preSharedKey: return askKey(authenticating.secured.keys, of: claim.identity, &turn)
        case .signature:
            let token = turn.token(for: id)
            let octets = Self.signedOctets(authenticating, role.other, claim.identification)
            turn.effects.append(
                .verify(
                    token,
                    VerificationRequest(
                        peer: peer.name, identity: claim.identity,
                        proof: .ikev2(claim.signature, octets: octets), certificates: claim.certificates)))
            return token
        }
    }

    /// Judges the peer's AUTH.
    ///
    /// - Throws: why the peer is not believed.
    func check(
        _ authenticating: Authenticating, _ claim: AuthClaim, against answer: ProofAnswer
    ) throws(NegotiationFailure) {
        switch answer {
        case .key(.success(let key)): try check(authenticating, claim, key)
        case .key(.failure(let failure)): throw .authenticationFailed(.noSharedSecret(failure))
        case .verdict(.success): return
        case .verdict(.failure(let failure)): throw .authenticationFailed(.credential(failure))
        case .signature: preconditionFailure("a signature where a verdict was asked for")
        }
    }

    /// Judges the peer's AUTH where a pre-shared key made it.
    func check(
        _ authenticating: Authenticating, _ claim: AuthClaim, _ key: SecretKey
    ) throws(NegotiationFailure) {
        let expected = SignedOctets.authentication(
            authenticating.secured.keys.prf, keyedPad: key,
            Self.signedOctets(authenticating, role.other, claim.identification))
        guard constantTimeEqual(claim.authentication.content, expected) else {
            throw .authenticationFailed(.wrongKey)
        }
    }

    /// Whether a block lets a proven identity in.
    func requireExpected(_ identity: Identity) throws(NegotiationFailure) {
        guard
            peer.remoteIdentities.isEmpty || !peer.verifiesIdentity || peer.names(identity)
        else {
            throw .authenticationFailed(
                .unexpectedIdentity(identity, expected: peer.remoteIdentities, origin: peer.origin))
        }
    }

    /// Asks for certificates of the authorities that any block that may hold believes (RFC 7296 section 3.7), and for
    /// what a responder says of them (RFC 4806).
    ///
    /// No responder is named: the authority itself and those that it charges are the ones that are believed.
    var certificateRequest: [Payload] {
        var authorities: [[UInt8]] = []
        let believing = candidates.filter { $0.wrappedValue.remoteAuthentication.contains(.signature) }
        for candidate in believing {
            for authority in candidate.wrappedValue.requestedAuthorities
            where !authorities.contains(authority) {
                authorities.append(authority)
            }
        }
        guard !authorities.isEmpty else { return [] }
        let requests = [CertificateRequestPayload(.x509Signature, authorities: authorities.flatMap { $0 })]
        let wantsResponses = believing.contains { $0.wrappedValue.requestsResponses }
        let responses = wantsResponses ? [CertificateRequestPayload(.ocspContent, authorities: [])] : []
        return (requests + responses).map { .certificateRequest($0) }
    }
}

extension Message {
    var hasAuthentication: Bool {
        payloads.contains { payload in
            if case .authentication = payload { true } else { false }
        }
    }

    var certificates: [EncodedCertificate] {
        payloads.compactMap { payload in
            guard case .certificate(let certificate) = payload else { return nil }
            return EncodedCertificate(
                encoding: certificate.encoding.rawValue, octets: certificate.content)
        }
    }

    /// Which certificates the sender asks for.
    var certificateWish: CertificateWish {
        let encodings = payloads.compactMap { payload in
            if case .certificateRequest(let request) = payload { request.encoding } else { nil }
        }
        return CertificateWish(
            authorities: wantedAuthorities,
            responses: encodings.contains(.ocspContent) ? .wanted : .unwanted)
    }

    /// Whether the sender asks for certificates, and names no authority.
    var asksOfNoAuthority: Bool {
        let lists = payloads.compactMap { payload in
            if case .certificateRequest(let request) = payload, request.encoding == .x509Signature {
                request.authorities
            } else {
                nil
            }
        }
        return !lists.isEmpty && lists.allSatisfy(\.isEmpty)
    }

    /// SHA-1 hashes of the keys of authorities that the sender believes; what is no list of them says nothing.
    private var wantedAuthorities: [[UInt8]] {
        payloads.flatMap { payload -> [[UInt8]] in
            guard case .certificateRequest(let request) = payload, request.encoding == .x509Signature,
                request.authorities.count.isMultiple(of: CertificateRequestPayload.hashSize)
            else { return [] }
            let octets = request.authorities
            return stride(from: 0, to: octets.count, by: CertificateRequestPayload.hashSize).map {
                Array(octets[$0..<($0 + CertificateRequestPayload.hashSize)])
            }
        }
    }
}
