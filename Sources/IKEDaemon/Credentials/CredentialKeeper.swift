import Calendar
import ControlProtocol
import Credentials
import Cryptography
import IPsec
import Negotiation
import Synchronization

/// Holds our keys and certificates, and answers for them: signs for us, and judges peers.
///
/// Answers come from a snapshot, on the thread that asks; only what must be fetched is waited for.
final class CredentialKeeper: Sendable {
    private struct State: Sendable {
        var plan: CredentialPlan
        var files: LoadedFiles
        var store = CredentialStore()
        var entries: [CredentialEntry] = []
        var problems: [String] = []
        var cache = RevocationCache()
        var expiry = ExpiryWatch()
        var upkeep = ListUpkeep()
        /// Of our own certificates.
        var responses = OwnResponses()
        /// Who we say that we are, by the names of peer policies.
        var identities: [String: Identity] = [:]
    }

    private let state: Mutex<State>
    private let log: Log
    private let clock: @Sendable () -> Int64
    private let random: @Sendable () -> any RandomSource
    private let fetcher: RevocationFetcher

    /// - Parameter clock: seconds since 1970-01-01T00:00:00Z.
    init(
        _ plan: CredentialPlan, log: Log, clock: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable () -> any RandomSource, reading: CredentialFileReading,
        fetcher: RevocationFetcher
    ) {
        state = Mutex(State(plan: plan, files: LoadedFiles(reading)))
        self.log = log
        self.clock = clock
        self.random = random
        self.fetcher = fetcher
    }

    var now: Timestamp { Timestamp(seconds: clock()) }

    /// Takes over what a configuration says; effective with the next `read`.
    func adopt(_ plan: CredentialPlan) {
        state.withLock { $0.plan = plan }
    }

    /// Reads all files; the folders that are to be watched.
    @discardableResult
    func read() -> Set<String> {
        let moment = now
        let (plan, files, earlier) = state.withLock { ($0.plan, $0.files, $0.problems) }
        let load = CredentialLoad(plan, files)
        var fresh = RevocationCache()
        var problems = load.problems + Self.add(load.lists, load, to: &fresh, at: moment)
        problems = problems.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        let warnings = state.withLock { state -> [String] in
            state.files = load.files
            state.store = load.store
            state.entries = load.entries
            state.problems = problems
            state.cache.expire(at: moment)
            _ = Self.add(load.lists, load, to: &state.cache, at: moment)
            let inUse = load.entries.compactMap { entry in
                entry.certificate.map { (certificate: $0, file: entry.file) }
            }
            return state.expiry.warnings(for: inUse, at: moment)
        }
        for problem in problems where !earlier.contains(problem) { log.error(problem) }
        for problem in earlier where !problems.contains(problem) { log.info("no more: \(problem)") }
        for warning in warnings { log.warning(warning) }
        return load.folders
    }

    /// Lists of the folder count for whichever authority signed them; what is wrong with the others.
    private static func add(
        _ lists: [(list: RevocationList, file: String)], _ load: CredentialLoad,
        to cache: inout RevocationCache,
        at moment: Timestamp
    ) -> [String] {
        let authorities = load.entries.compactMap(\.certificate).filter(\.isAuthority)
        return lists.compactMap { list, file in
            let issuers = authorities.filter { $0.subject == list.issuer }
            guard !issuers.isEmpty else {
                return "\(file): its issuer \"\(list.issuer)\" is not trusted here"
            }
            var failure: RevocationFailure?
            for issuer in issuers {
                do throws(RevocationFailure) {
                    try cache.add(list, issuer: issuer, at: moment)
                    return nil
                } catch { failure = error }
            }
            return failure.map { "\(file): does not count: \($0)" }
        }
    }

    /// Fetches what was fetched before and is about to end, so that no handshake has to wait for it.
    func renewLists() {
        let moment = now
        for item in state.withLock({ $0.upkeep.due(at: moment) }) {
            fetcher.fetch(item) { result in
                if let complaint = self.keep(result, of: item) { self.log.warning(complaint) }
            }
        }
    }

    /// A policy with what follows from our certificates: who we are, and whom we trust.
    func completed(_ policy: NegotiationPolicy) -> NegotiationPolicy {
        let store = state.withLock { $0.store }
        var policy = policy
        for index in policy.peers.indices {
            let name = policy.peers[index].name
            if policy.peers[index].exchangeModes.contains(.ikev2),
                let identity = store.ownIdentity(for: name),
                policy.peers[index].localIdentity == nil
            {
                policy.peers[index].localIdentity = identity
            }
            policy.peers[index].requestedAuthorities = store.requestedAuthorities(of: name)
            policy.peers[index].requestsResponses = store.requestsResponses(of: name)
            state.withLock { $0.identities[name] = policy.peers[index].localIdentity }
            if let identity = policy.peers[index].localIdentity,
                let objection = store.objection(to: identity, for: name)
            {
                log.warning(objection)
            }
        }
        return policy
    }

    /// What is loaded, and what is wrong.
    func report() -> CertificateReport {
        let moment = now
        return state.withLock { state in
            let assembly = CertificateAssembly(entries: state.entries, cache: state.cache, moment: moment)
            return CertificateReport(certificates: assembly.records, problems: state.problems)
        }
    }

    // MARK: signing

    /// Signs for us.
    func sign(_ request: SignatureRequest) -> Result<SignatureAnswer, CredentialFailure> {
        let (store, identity) = state.withLock { ($0.store, $0.identities[request.peer]) }
        do throws(CredentialRefusal) {
            let wish = CredentialStore.Wish(
                authorities: request.wish.authorities, needsRSA: request.content.needsRSA, identity: identity)
            let own = try store.own(for: request.peer, wish: wish)
            let signature: IKEv2Signature
            do throws(SignatureFailure) {
                signature = try Self.signature(request.content, own.key)
            } catch { throw .signing(error, file: own.file) }
            let isSent = store.peers[request.peer]?.plan.certificates == .on
            guard isSent else { return .success(SignatureAnswer(signature: signature, certificates: [])) }
            var certificates = Self.certificates(own, request.content)
            if request.wish.responses == .wanted, let response = response(about: own) {
                certificates.append(
                    EncodedCertificate(encoding: PresentedCredential.Encoding.ocspContent, octets: response))
            }
            return .success(SignatureAnswer(signature: signature, certificates: certificates))
        } catch { return .failure(CredentialFailure(error.description)) }
    }

    /// What a responder said of our certificate, if that is at hand; the next peer's is asked for meanwhile.
    private func response(about own: CredentialStore.Own) -> [UInt8]? {
        guard let certificate = own.certificate, let issuer = own.issuer,
            let location = certificate.extensions.ocspLocations.first
        else { return nil }
        let moment = now
        // Without a nonce, so that the answer is good for whoever gets it.
        let request = OCSPRequest(OCSPCertificateID(certificate, issuer: issuer), nonce: [])
        let id = request.certificateID
        let (response, isDue) = state.withLock {
            ($0.responses.current(id, at: moment), $0.responses.isDue(id, at: moment))
        }
        if isDue {
            fetcher.fetch(.ocsp(location: location, request, issuer: issuer)) { result in
                self.keepOwn(result, to: request, issuer, location)
            }
        }
        return response
    }

    private func keepOwn(
        _ result: Result<[UInt8], FetchFailure>, to request: OCSPRequest, _ issuer: Certificate,
        _ location: String
    ) {
        let moment = now
        do {
            let der = try result.get()
            let response = try OCSPResponse(der: der)
            try state.withLock { state in
                // What it says is also what `certs` shows.
                try state.cache.add(response, to: request, issuer: issuer, at: moment)
                try state.responses.add(der, to: request, issuer: issuer, at: moment)
            }
        } catch {
            log.warning("\(location), asked about our own certificate: \(error)")
        }
    }

    private static func signature(
        _ content: SignatureRequest.Content, _ key: PrivateKey
    ) throws(SignatureFailure) -> IKEv2Signature {
        switch content {
        case .ikev1(let hash):
            IKEv2Signature(method: .rsa, data: try IKEv1Signature.sign(hash, with: key))
        case .ikev2(let octets, let announced):
            try IKEv2Signature(signing: octets, with: key, announced: announced)
        }
    }

    private static func certificates(
        _ own: CredentialStore.Own, _ content: SignatureRequest.Content
    ) -> [EncodedCertificate] {
        switch (own.proof, content) {
        case (.certificates(let path), _):
            path.map {
                EncodedCertificate(encoding: PresentedCredential.Encoding.x509Signature, octets: $0.der)
            }
        case (.rawKey, .ikev2):
            [
                EncodedCertificate(
                    encoding: PresentedCredential.Encoding.rawPublicKey,
                    octets: own.key.publicKey.subjectPublicKeyInfo)
            ]
        // IKEv1 has no payload for keys alone.
        case (.rawKey, .ikev1): []
        }
    }

    // MARK: judging

    typealias Verdict = Result<PeerCredential, CredentialFailure>

    /// Judges a peer; `answer` is called at once, or on any thread when what must be fetched has come or has not.
    func verify(_ request: VerificationRequest, answer: @escaping @Sendable (Verdict) -> Void) {
        let moment = now
        let claim = PeerClaim(
            identity: request.identity,
            presented: request.certificates.prefix(Self.mostCertificates).map {
                PresentedCredential(encoding: $0.encoding, octets: $0.octets)
            })
        let store = state.withLock { $0.store }
        do throws(CredentialRefusal) {
            let log = log
            let answer: @Sendable (Verdict) -> Void = { verdict in
                if case .success(let credential) = verdict {
                    log.info("believed by \(credential.description)", about: request.peer)
                }
                answer(verdict)
            }
            let peer = try store.judge(claim, of: request.peer, at: moment) {
                (key) throws(SignatureFailure) in
                try Self.verify(request.proof, key)
            }
            guard let chain = peer.chain, peer.revocation != .off else {
                answer(.success(PeerCredential(description: peer.title, revocation: peer.unasked)))
                return
            }
            let cache = state.withLock { state in
                state.cache.add(presentedWith: claim, for: chain, at: moment)
                return state.cache
            }
            settle(Settlement(peer: peer, chain: chain, moment: moment), .possible, cache, answer)
        } catch { answer(.failure(CredentialFailure(error.description, details: claim.remarks))) }
    }

    private static let mostCertificates = 32

    private static func verify(
        _ proof: VerificationRequest.Proof, _ key: PublicKey
    ) throws(SignatureFailure) {
        switch proof {
        case .ikev1(let signature, let hash): try IKEv1Signature.verify(signature, over: hash, key: key)
        case .ikev2(let signature, let octets): try signature.verify(over: octets, key: key)
        }
    }

    /// A peer whose chain is believed, and of whose certificates one may be revoked.
    private struct Settlement: Sendable {
        let peer: BelievedPeer
        let chain: CertificateChain
        let moment: Timestamp
        /// What could not be fetched, for people.
        var complaints: [String] = []
    }

    private func settle(
        _ settlement: Settlement, _ fetching: RevocationCheck.Fetching, _ cache: RevocationCache,
        _ answer: @escaping @Sendable (Verdict) -> Void
    ) {
        var random = random()
        let check = RevocationCheck(settlement.peer.revocation, fetching: fetching)
        do throws(ChainFailure) {
            switch try check.outcome(
                for: settlement.chain, cache, at: settlement.moment, nonce: random.bytes(count: 16))
            {
            case .settled(let statuses):
                state.withLock { $0.upkeep.used(settlement.chain, at: settlement.moment) }
                answer(.success(Self.credential(settlement, statuses)))
            case .fetch(let wanted): fetch(wanted, settlement, answer)
            }
        } catch {
            answer(.failure(CredentialFailure(error.description, details: settlement.complaints)))
        }
    }

    private static func credential(
        _ settlement: Settlement, _ statuses: [RevocationStatus]
    ) -> PeerCredential {
        let finding = RevocationFinding(
            settlement.peer.revocation, statuses.first, complaints: settlement.complaints)
        guard let first = statuses.first else {
            return PeerCredential(description: settlement.peer.title, revocation: finding)
        }
        return PeerCredential(
            description: "\(settlement.peer.title), \(first.words)", revocation: finding)
    }

    private func fetch(
        _ wanted: [RevocationFetch], _ settlement: Settlement,
        _ answer: @escaping @Sendable (Verdict) -> Void
    ) {
        let round = FetchRound(count: wanted.count)
        for item in wanted {
            fetcher.fetch(item) { result in
                let complaint = self.keep(result, of: item)
                if let complaint { self.log.warning(complaint) }
                guard let complaints = round.ended(complaint) else { return }
                var settlement = settlement
                settlement.complaints = complaints
                self.settle(settlement, .done, self.state.withLock { $0.cache }, answer)
            }
        }
    }

    /// Adds what was fetched to the cache; why not, for people.
    private func keep(_ result: Result<[UInt8], FetchFailure>, of item: RevocationFetch) -> String? {
        let moment = now
        do {
            let content = try result.get()
            switch item {
            case .crl(_, let issuer):
                let list = try RevocationList(file: content)
                try state.withLock { state in
                    try state.cache.add(list, issuer: issuer, at: moment)
                    state.upkeep.fetched(item, until: list.freshness.end, at: moment)
                }
            case .ocsp(_, let request, let issuer):
                let response = try OCSPResponse(der: content)
                try state.withLock { try $0.cache.add(response, to: request, issuer: issuer, at: moment) }
            }
            return nil
        } catch { return "\(item.location): \(error)" }
    }
}

extension SignatureRequest.Content {
    fileprivate var needsRSA: Bool {
        switch self {
        case .ikev1: true
        case .ikev2: false
        }
    }
}

/// Several fetches, of which the last to end goes on.
private final class FetchRound: Sendable {
    private let state: Mutex<(left: Int, complaints: [String])>

    init(count: Int) {
        state = Mutex((count, []))
    }

    /// All complaints, once every fetch has ended.
    func ended(_ complaint: String?) -> [String]? {
        state.withLock { state in
            state.left -= 1
            if let complaint { state.complaints.append(complaint) }
            return state.left == 0 ? state.complaints : nil
        }
    }
}

extension BelievedPeer {
    /// What there is to say of revocation where nothing is asked; nil where no authority could revoke anything.
    fileprivate var unasked: RevocationFinding? {
        chain == nil ? nil : RevocationFinding(revocation, nil)
    }
}

extension RevocationStatus {
    /// The rest of a sentence about a certificate.
    fileprivate var words: String {
        switch self {
        case .good(let source, let until): "not revoked (\(source.rawValue), good until \(until))"
        case .revoked(let since, let reason): "revoked at \(since) (\(reason))"
        case .unknown(let why): "not known to be revoked (\(why))"
        }
    }
}
