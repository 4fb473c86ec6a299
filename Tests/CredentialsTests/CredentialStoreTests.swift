import ASN1
import Algorithms
import Calendar
import CertificateAuthority
import Credentials
import Cryptography
import IPsec
import TestSupport
import Testing

/// A peer "west" with certificates from a small PKI: root, intermediate, end.
private struct Scene {
    static let octets: [UInt8] = Array("what both signed".utf8)

    var authority = TestAuthority()
    let root: SigningAuthority
    let middle: SigningAuthority
    let key: PrivateKey
    let certificate: Certificate
    var store = CredentialStore(folder: "/etc/swiftike/certs")

    init(_ change: (inout CertificateTemplate) throws -> Void = { _ in }) throws {
        root = try authority.root()
        middle = try authority.below(root, "O=Example, CN=middle")
        key = try TestAuthority.key.get()
        certificate = try authority.peer(middle, change)
        var plan = PeerCredentialPlan(origin: "t.conf:1")
        plan.revocation = .strict
        store.peers["west"] = CredentialStore.Peer(plan: plan, authorities: [root.certificate])
    }

    func claim(
        _ identity: Identity = .fqdn("peer.example.org"), _ certificates: [Certificate]? = nil
    ) -> PeerClaim {
        PeerClaim(
            identity: identity,
            presented: (certificates ?? [certificate, middle.certificate]).map { .certificate($0) })
    }

    func judge(_ claim: PeerClaim, signer: PrivateKey? = nil) -> Result<BelievedPeer, CredentialRefusal> {
        let signature = Result {
            try IKEv2Signature(signing: Self.octets, with: signer ?? key, announced: [.sha256])
        }
        do throws(CredentialRefusal) {
            return .success(
                try store.judge(claim, of: "west", at: TestAuthority.now) { (key) throws(SignatureFailure) in
                    guard let signature = try? signature.get() else { throw .mismatch }
                    try signature.verify(over: Self.octets, key: key)
                })
        } catch { return .failure(error) }
    }

    func refusal(_ claim: PeerClaim, signer: PrivateKey? = nil) -> CredentialRefusal? {
        guard case .failure(let refusal) = judge(claim, signer: signer) else { return nil }
        return refusal
    }
}

struct CredentialStoreTests {
    @Test func believesAChainAndItsName() throws {
        let scene = try Scene()
        let believed = try scene.judge(scene.claim()).get()
        #expect(believed.chain?.certificates.count == 3)
        #expect(believed.title == "certificate \"C=CH, O=Example, CN=peer\" of \"O=Example, CN=root\"")
        #expect(believed.revocation == .strict)
        let subject = Identity.distinguishedName(scene.certificate.subject.der)
        #expect(try scene.judge(scene.claim(subject)).get().chain != nil)
    }

    @Test func refusesOtherNames() throws {
        let scene = try Scene()
        for identity in [
            Identity.fqdn("other.example.org"), .userFQDN("peer@example.org"), .keyID([1]), .keyID([]),
            .distinguishedName(try DistinguishedName("CN=peer").der), .fqdn(""),
        ] {
            guard case .identity? = scene.refusal(scene.claim(identity)) else {
                Issue.record("\(identity) is believed")
                continue
            }
        }
        let refusal = try #require(scene.refusal(scene.claim(.fqdn("x"))))
        #expect(refusal.description.contains("fqdn \"peer.example.org\""))
    }

    @Test func refusesSignaturesOfOthersFirst() throws {
        let scene = try Scene()
        let stranger = try PrivateKey.generate(.ecdsa(.p256))
        guard case .signature? = scene.refusal(scene.claim(.fqdn("x"), []), signer: stranger) else {
            // Without a certificate there is nothing to verify with.
            #expect(
                scene.refusal(scene.claim(.fqdn("x"), []), signer: stranger) == .noCertificate(.fqdn("x")))
            guard case .signature(.mismatch, _)? = scene.refusal(scene.claim(.fqdn("x")), signer: stranger)
            else {
                Issue.record("a stranger is told more than that its signature is wrong")
                return
            }
            return
        }
        Issue.record("a signature without a key")
    }

    @Test func completesChainsFromTheFolder() throws {
        var scene = try Scene()
        let alone = scene.claim(.fqdn("peer.example.org"), [scene.certificate])
        guard case .chain(let failure)? = scene.refusal(alone), case .unknownIssuer = failure.reason else {
            Issue.record("a chain without its middle")
            return
        }
        scene.store.others = [scene.middle.certificate]
        #expect(try scene.judge(alone).get().chain?.certificates.count == 3)
        let silent = scene.claim(.fqdn("peer.example.org"), [])
        #expect(scene.refusal(silent) == .noCertificate(.fqdn("peer.example.org")))
        scene.store.others.append(scene.certificate)
        #expect(try scene.judge(silent).get().chain?.certificates.count == 3)
    }

    @Test func trustsNothingByDefault() throws {
        var scene = try Scene()
        scene.store.peers["west"]?.authorities = []
        scene.store.others = [scene.root.certificate, scene.middle.certificate]
        #expect(
            scene.refusal(scene.claim())
                == .noAuthority(folder: "/etc/swiftike/certs", origin: "t.conf:1"))
        scene.store.peers["west"] = nil
        #expect(scene.refusal(scene.claim()) == .unknownPeer("west"))
    }

    @Test func aPinnedCertificateNeedsNoAuthority() throws {
        var scene = try Scene()
        scene.store.peers["west"]?.authorities = []
        scene.store.peers["west"]?.pinned = .success(.certificate(scene.certificate, file: "w.pem"))
        let believed = try scene.judge(scene.claim()).get()
        #expect(believed.chain == nil && believed.revocation == .off)
        #expect(try scene.judge(scene.claim(.fqdn("peer.example.org"), [])).get().chain == nil)
        guard case .identity? = scene.refusal(scene.claim(.fqdn("x"))) else {
            Issue.record("a pinned certificate for anybody")
            return
        }
        let other = try scene.authority.root("CN=other")
        #expect(
            scene.refusal(scene.claim(.fqdn("peer.example.org"), [other.certificate]), signer: other.key)
                == .otherKey(file: "w.pem"))
        scene.store.peers["west"]?.pinned = .failure(.file("w.pem: cannot be read"))
        #expect(scene.refusal(scene.claim()) == .file("w.pem: cannot be read"))
    }

    @Test func aPinnedCertificateEndsToo() throws {
        var scene = try Scene { $0.validity = TestAuthority.validity(from: -10, days: 5) }
        scene.store.peers["west"]?.pinned = .success(.certificate(scene.certificate, file: "w.pem"))
        guard case .chain(let failure)? = scene.refusal(scene.claim()), case .expired = failure.reason else {
            Issue.record("an old certificate is believed")
            return
        }
        scene.store.peers["west"]?.plan.check = .none
        #expect(try scene.judge(scene.claim()).get().chain == nil)
    }

    @Test func rawKeysAreBelievedOnlyWhereTheyAreNamed() throws {
        var scene = try Scene()
        let claim = PeerClaim(identity: .keyID([1, 2]), presented: [.rawKey(scene.key.publicKey)])
        #expect(scene.refusal(claim) == .unknownRawKey(.ecdsa(.p256), origin: "t.conf:1"))
        scene.store.peers["west"]?.pinned = .success(.rawKey(scene.key.publicKey, file: "w.pub"))
        #expect(try scene.judge(claim).get().title == "the key in w.pub")
        #expect(try scene.judge(PeerClaim(identity: .keyID([1]), presented: [])).get().chain == nil)
        let stranger = try PrivateKey.generate(.ecdsa(.p256))
        let other = PeerClaim(identity: .keyID([1, 2]), presented: [.rawKey(stranger.publicKey)])
        #expect(scene.refusal(other, signer: stranger) == .otherKey(file: "w.pub"))
        guard case .signature? = scene.refusal(claim, signer: stranger) else {
            Issue.record("another's signature is believed")
            return
        }
    }

    @Test func judgesNothingWhereThatIsConfigured() throws {
        var scene = try Scene()
        scene.store.peers["west"]?.plan.check = .none
        scene.store.peers["west"]?.authorities = []
        #expect(try scene.judge(scene.claim(.fqdn("x"))).get().revocation == .off)
        let stranger = try PrivateKey.generate(.ecdsa(.p256))
        guard case .signature? = scene.refusal(scene.claim(.fqdn("x")), signer: stranger) else {
            Issue.record("not even the signature counts")
            return
        }
    }

    @Test("a certificate for TLS alone counts where that is configured, and the refusal says how")
    func certificatesForTLS() throws {
        var scene = try Scene { $0.purposes = [KeyPurpose.serverAuthentication] }
        guard case .chain(let failure)? = scene.refusal(scene.claim()) else {
            Issue.record("taken, or refused for something else")
            return
        }
        #expect(failure.description.contains("accept_tls_cert on"))
        scene.store.peers["west"]?.plan.tlsPurposes = .tolerated
        #expect(scene.refusal(scene.claim()) == nil)
        let other = try Scene { $0.purposes = [KeyPurpose.ocspSigning] }
        #expect(other.refusal(other.claim())?.description.contains("accept_tls_cert") == false)
    }

    @Test("the certificate of the identity is the peer's, wherever among the others it stands")
    func certificatesHaveNoOrder() throws {
        var scene = try Scene()
        let sent = [scene.middle.certificate, scene.certificate]
        #expect(scene.refusal(scene.claim(.fqdn("peer.example.org"), sent)) == nil)
        scene.store.peers["west"]?.pinned = .success(.certificate(scene.certificate, file: "/c/west.pem"))
        #expect(scene.refusal(scene.claim(.fqdn("peer.example.org"), sent)) == nil)
        let key = scene.key.publicKey
        scene.store.peers["west"]?.pinned = .success(.rawKey(key, file: "/c/west.pub"))
        #expect(scene.refusal(scene.claim(.fqdn("peer.example.org"), sent)) == nil)
    }

    @Test func readsWhatIsPresented() throws {
        let scene = try Scene()
        guard case .certificate = PresentedCredential(encoding: 4, octets: scene.certificate.der),
            case .rawKey = PresentedCredential(encoding: 15, octets: scene.key.publicKey.subjectPublicKeyInfo)
        else {
            Issue.record("not read")
            return
        }
        for encoding: UInt8 in [0, 1, 4, 7, 11, 12, 13, 14, 15, 255] {
            guard case .useless(let reason) = PresentedCredential(encoding: encoding, octets: [0x30, 0])
            else {
                Issue.record("\(encoding) is read")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test func stapledListsCountForBelievedChains() throws {
        var scene = try Scene()
        let list = try scene.middle.revocationList(
            of: [
                RevokedCertificate(
                    serialNumber: scene.certificate.serialNumber, since: TestAuthority.now,
                    reason: .keyCompromise)
            ], number: 1, validity: TestAuthority.validity(from: -1, days: 7))
        let foreign = try scene.authority.root("CN=foreign").revocationList(
            of: [], number: 9, validity: TestAuthority.validity(from: -1, days: 7))
        var claim = scene.claim()
        let chain = try #require(try scene.judge(claim).get().chain)
        claim.presented.append(PresentedCredential(encoding: 7, octets: foreign))
        var cache = RevocationCache()
        cache.add(presentedWith: claim, for: chain, at: TestAuthority.now)
        #expect(cache.listCount == 0)
        claim.presented.append(PresentedCredential(encoding: 7, octets: list))
        cache.add(presentedWith: claim, for: chain, at: TestAuthority.now)
        #expect(cache.listCount == 1)
        #expect(throws: ChainFailure.self) {
            try RevocationCheck(.relaxed, fetching: .done)
                .outcome(for: chain, cache, at: TestAuthority.now, nonce: [])
        }
    }

    @Test func weSayWhoWeAreByOurCertificate() throws {
        var scene = try Scene()
        #expect(throws: CredentialRefusal.nothingToSignWith(origin: "t.conf:1")) {
            try scene.store.own(for: "west")
        }
        #expect(scene.store.ownIdentity(for: "west") == nil)
        let path = CredentialStore.path(
            from: scene.certificate, among: [scene.root.certificate, scene.middle.certificate])
        #expect(path == [scene.certificate, scene.middle.certificate])
        scene.store.peers["west"]?.own = .success(
            CredentialStore.Own(key: scene.key, proof: .certificates(path), file: "k.pem"))
        let subject = Identity.distinguishedName(scene.certificate.subject.der)
        #expect(scene.store.ownIdentity(for: "west") == subject)
        #expect(scene.store.objection(to: subject, for: "west") == nil)
        #expect(
            scene.store.objection(to: .fqdn("x"), for: "west")?.contains("fqdn \"peer.example.org\"") == true)
        scene.store.peers["west"]?.plan.identity = .stated
        #expect(scene.store.ownIdentity(for: "west") == nil)
    }

    @Test func asksForTheAuthoritiesItTrusts() throws {
        var scene = try Scene()
        #expect(scene.store.requestedAuthorities(of: "west") == [scene.root.certificate.authorityHash])
        scene.store.peers["west"]?.plan.requests = .off
        #expect(scene.store.requestedAuthorities(of: "west") == [])
        #expect(scene.store.requestedAuthorities(of: "east") == [])
    }

    @Test func warnsOncePerStage() throws {
        let scene = try Scene { $0.validity = TestAuthority.validity(from: 0, days: 100) }
        let used = [(certificate: scene.certificate, file: "c.pem")]
        var watch = ExpiryWatch()
        func warned(_ day: Int64) -> Int {
            let moment = Timestamp(seconds: TestAuthority.now.seconds + day * 86400)
            return watch.warnings(for: used, at: moment).count
        }
        #expect(
            [0, 69, 70, 71, 80, 93, 94, 99, 99, 100, 101].map(warned) == [0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0])
        watch = ExpiryWatch()
        #expect(warned(98) == 1)
        let end = Timestamp(seconds: TestAuthority.now.seconds + 99 * 86400 + 10)
        #expect(
            watch.warnings(for: used, at: end).first?.hasPrefix(
                "certificate \"C=CH, O=Example, CN=peer\" (c.pem) ends in less than a day, at ") == true)
        #expect(watch.warnings(for: [], at: end).isEmpty)
    }
}
