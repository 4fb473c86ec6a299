import ASN1
import Algorithms
import Calendar
import CertificateAuthority
import Credentials
import Cryptography
import IPsec
import Testing

struct CertificateChainTests {
    private func chain(
        _ subject: Certificate, _ intermediates: [Certificate], _ anchors: [Certificate],
        at moment: Timestamp = TestAuthority.now, policy: ChainPolicy = ChainPolicy()
    ) -> Result<[Certificate], ChainFailure> {
        do throws(ChainFailure) {
            return .success(
                try CertificateChain(
                    for: subject, intermediates: intermediates, anchors: anchors, at: moment, policy: policy
                ).certificates)
        } catch { return .failure(error) }
    }

    private func reason(_ result: Result<[Certificate], ChainFailure>) -> ChainFailure.Reason? {
        guard case .failure(let failure) = result else { return nil }
        #expect(!failure.description.isEmpty)
        return failure.reason
    }

    @Test func findsThePathAmongOthers() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let other = try pki.root("O=Other, CN=root")
        let first = try pki.below(root, "O=Example, CN=first")
        let second = try pki.below(first, "O=Example, CN=second")
        let peer = try pki.peer(second)
        let middle = [other.certificate, second.certificate, first.certificate]
        #expect(
            try chain(peer, middle, [other.certificate, root.certificate]).get()
                == [peer, second.certificate, first.certificate, root.certificate])
        // An intermediate may be trusted itself.
        #expect(try chain(peer, [second.certificate], [first.certificate]).get().count == 3)
        #expect(try chain(peer, [], [second.certificate]).get().count == 2)
    }

    @Test func saysWhoseCertificateIsMissing() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let first = try pki.below(root, "O=Example, CN=first")
        let second = try pki.below(first, "O=Example, CN=second")
        let peer = try pki.peer(second)
        let anchors = [root.certificate]
        #expect(reason(chain(peer, [], anchors)) == .unknownIssuer(second.certificate.subject))
        guard case .failure(let failure) = chain(peer, [second.certificate], anchors) else {
            Issue.record("believed without an intermediate")
            return
        }
        #expect(failure.reason == .unknownIssuer(first.certificate.subject))
        #expect(failure.certificate == "O=Example, CN=second")
        // A root that the peer sends is not trusted for that.
        let stranger = try pki.root("O=Stranger, CN=root")
        let strange = try pki.peer(stranger)
        #expect(reason(chain(strange, [stranger.certificate], anchors)) == .untrustedRoot)
        #expect(reason(chain(stranger.certificate, [], anchors)) != nil)
    }

    @Test func refusesAnotherRootOfTheSameName() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let impostor = try pki.root()
        let peer = try pki.peer(impostor) { $0.others = [] }
        #expect(reason(chain(peer, [impostor.certificate], [root.certificate])) == .untrustedRoot)
        // Even where the key identifier is that of the true one, the signature is not.
        var forged = peer.der
        forged[forged.count - 1] ^= 1
        let damaged = try Certificate(der: forged)
        #expect(reason(chain(damaged, [], [impostor.certificate])) == .wrongSignature)
    }

    @Test func triesCrossSignedPaths() throws {
        var pki = TestAuthority()
        let old = try pki.root("O=Example, CN=old root")
        let new = try pki.root("O=Example, CN=new root")
        let issuer = try pki.below(old, "O=Example, CN=issuer")
        var template = CertificateTemplate.authority(
            issuer.certificate.subject, issuer.key.publicKey, TestAuthority.validity)
        let crossed = try new.issue(template, random: &pki.random)
        template.validity = TestAuthority.validity(from: -20, days: 10)
        let expired = try new.issue(template, random: &pki.random)
        let peer = try pki.peer(issuer)
        let sent = [issuer.certificate, expired, crossed]
        #expect(try chain(peer, sent, [new.certificate]).get() == [peer, crossed, new.certificate])
        #expect(
            try chain(peer, sent, [old.certificate]).get() == [peer, issuer.certificate, old.certificate])
        #expect(reason(chain(peer, [expired], [new.certificate])) == .expired(since: expired.notAfter))
        // The root itself may be signed by another.
        let bridge = try old.issue(
            .authority(new.certificate.subject, new.key.publicKey, TestAuthority.validity),
            random: &pki.random)
        #expect(try chain(peer, [crossed, bridge], [old.certificate]).get().count == 4)
    }

    @Test func loopsOfAuthoritiesEnd() throws {
        var pki = TestAuthority()
        let first = try pki.root("CN=first")
        let second = try pki.root("CN=second")
        var sent: [Certificate] = []
        for _ in 0..<15 {
            sent.append(
                try second.issue(
                    .authority(first.certificate.subject, first.key.publicKey, TestAuthority.validity),
                    random: &pki.random))
            sent.append(
                try first.issue(
                    .authority(second.certificate.subject, second.key.publicKey, TestAuthority.validity),
                    random: &pki.random))
        }
        let peer = try pki.peer(first)
        let root = try pki.root()
        #expect(reason(chain(peer, sent, [root.certificate])) != nil)
        #expect(reason(chain(peer, sent + sent, [root.certificate])) == .tooMany(32))
    }

    @Test func judgesTheTime() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let peer = try pki.peer(root) { $0.validity = TestAuthority.validity(from: -1, days: 2) }
        let anchors = [root.certificate]
        for (seconds, expected) in [
            (peer.notBefore.seconds - 1, ChainFailure.Reason.notYetValid(until: peer.notBefore)),
            (peer.notAfter.seconds + 1, .expired(since: peer.notAfter)),
        ] {
            #expect(reason(chain(peer, [], anchors, at: Timestamp(seconds: seconds))) == expected)
        }
        #expect(try chain(peer, [], anchors, at: peer.notBefore).get().count == 2)
        #expect(try chain(peer, [], anchors, at: peer.notAfter).get().count == 2)
        let far = Timestamp(seconds: TestAuthority.now.seconds + 4000 * TestAuthority.day)
        #expect(reason(chain(peer, [], anchors, at: far)) != nil)
    }

    @Test func judgesAuthorities() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let anchors = [root.certificate]
        let key = try PrivateKey.generate(.ecdsa(.p256))
        func issued(by change: (inout CertificateTemplate) -> Void) throws -> (Certificate, Certificate) {
            var template = CertificateTemplate.authority(
                try DistinguishedName("CN=middle"), key.publicKey, TestAuthority.validity)
            let good = try SigningAuthority(root.issue(template, random: &pki.random), key)
            let peer = try pki.peer(good)
            change(&template)
            return (peer, try root.issue(template, random: &pki.random))
        }
        let changes: [(inout CertificateTemplate) -> Void] = [
            { $0.basicConstraints = nil }, { $0.basicConstraints?.isAuthority = false },
            { $0.keyUsage = .digitalSignature },
            { $0.basicConstraints = .init(isAuthority: false, pathLength: nil) },
        ]
        for change in changes {
            let (peer, middle) = try issued(by: change)
            #expect(reason(chain(peer, [middle], anchors)) == .notAnAuthority)
        }
        // A peer's own certificate signs nothing.
        let (_, proper) = try issued { _ in }
        let (peer, _) = try issued { _ in }
        #expect(try chain(peer, [proper], anchors).get().count == 3)
    }

    @Test func countsThePathLength() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let first = try pki.below(root, "CN=first", pathLength: 0)
        let second = try pki.below(first, "CN=second")
        let peer = try pki.peer(second)
        #expect(
            reason(chain(peer, [first.certificate, second.certificate], [root.certificate])) == .pathTooLong)
        let direct = try pki.peer(first)
        #expect(try chain(direct, [first.certificate], [root.certificate]).get().count == 3)
        var authority = root
        var sent: [Certificate] = []
        for index in 0..<7 {
            authority = try pki.below(authority, "CN=\(index)")
            sent.append(authority.certificate)
        }
        let deep = try pki.peer(authority)
        #expect(reason(chain(deep, sent, [root.certificate])) != nil)
        #expect(
            try chain(deep, sent, [root.certificate], policy: ChainPolicy(longestPath: 9)).get().count == 9)
    }

    /// RFC 4945 sections 5.1.3.2 and 5.1.3.12.
    @Test func judgesUsages() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let anchors = [root.certificate]
        let tolerant = ChainPolicy(tlsPurposes: .tolerated)
        let usages: [(KeyUsage?, Bool)] = [
            (nil, true), (.digitalSignature, true), (.nonRepudiation, true), (.keyEncipherment, false),
            ([], false),
        ]
        for (usage, isFine) in usages {
            let peer = try pki.peer(root) { $0.keyUsage = usage }
            #expect((reason(chain(peer, [], anchors)) == nil) == isFine, "\(String(describing: usage))")
        }
        let purposes: [([ObjectIdentifier]?, Bool, Bool)] = [
            (nil, true, true), ([KeyPurpose.ipsecIKE], true, true), ([KeyPurpose.any], true, true),
            ([KeyPurpose.serverAuthentication], false, true),
            ([KeyPurpose.clientAuthentication], false, true),
            ([KeyPurpose.ocspSigning], false, false), ([], false, false),
            ([KeyPurpose.ocspSigning, KeyPurpose.ipsecIKE], true, true),
        ]
        for (purposes, isFine, isTolerable) in purposes {
            let peer = try pki.peer(root) { $0.purposes = purposes }
            #expect((reason(chain(peer, [], anchors)) == nil) == isFine, "\(String(describing: purposes))")
            #expect((reason(chain(peer, [], anchors, policy: tolerant)) == nil) == isTolerable)
        }
    }

    @Test func refusesWhatIsWeak() throws {
        var pki = TestAuthority()
        let rsa = try SigningAuthority.root(
            DistinguishedName("CN=rsa"), PrivateKey.generate(.rsa(bits: 2048)), TestAuthority.validity,
            random: &pki.random)
        let old = try pki.peer(rsa, scheme: .rsaPKCS1(.sha1))
        #expect(reason(chain(old, [], [rsa.certificate])) == .weak(.weakHash(.sha1)))
        let md5 = try pki.peer(rsa, scheme: .rsaPKCS1(.md5))
        #expect(reason(chain(md5, [], [rsa.certificate])) == .weak(.weakHash(.md5)))
        var lenient = ChainPolicy()
        lenient.signatures.hashes.insert(.sha1)
        #expect(try chain(old, [], [rsa.certificate], policy: lenient).get().count == 2)
        let good = try pki.peer(rsa, scheme: .rsaPSS(.sha256))
        #expect(try chain(good, [], [rsa.certificate]).get().count == 2)
        let root = try pki.root()
        let short = try PrivateKey.generate(.rsa(bits: 1024)).publicKey
        let peer = try pki.peer(root) { $0.key = short }
        #expect(
            reason(chain(peer, [], [root.certificate])) == .weak(.keyTooShort(bits: 1024, minimum: 2048)))
        lenient.signatures.minimumRSABits = 1024
        #expect(try chain(peer, [], [root.certificate], policy: lenient).get().count == 2)
    }

    @Test func refusesCriticalExtensionsItDoesNotKnow() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let name = ObjectIdentifier(1, 3, 6, 1, 4, 1, 99999, 1)
        let critical = try pki.peer(root) { $0.others = [.init(name, isCritical: true, [5, 0])] }
        #expect(reason(chain(critical, [], [root.certificate])) == .unknownCriticalExtension(name))
        let harmless = try pki.peer(root) { $0.others = [.init(name, [5, 0])] }
        #expect(try chain(harmless, [], [root.certificate]).get().count == 2)
    }

    @Test func keepsToNameConstraints() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let permitted = DER.sequence(GeneralName.dns("example.org").encoding)
        let middle = try pki.below(root, "CN=middle") {
            $0.others = [
                .init(
                    ExtensionName.nameConstraints, isCritical: true,
                    DER.sequence(DER.element(.constructed(0), permitted)))
            ]
        }
        let good = try pki.peer(middle)
        #expect(try chain(good, [middle.certificate], [root.certificate]).get().count == 3)
        let bad = try pki.peer(middle) { $0.alternativeNames = [.dns("peer.example.com")] }
        #expect(reason(chain(bad, [middle.certificate], [root.certificate])) == .nameNotPermitted)
    }
}
