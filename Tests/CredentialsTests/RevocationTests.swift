import ASN1
import Algorithms
import Calendar
import CertificateAuthority
import Credentials
import Cryptography
import Testing

/// An OCSP responder for tests.
struct TestResponder {
    var key: PrivateKey
    var name: DistinguishedName
    var certificates: [Certificate] = []
    var nonce: [UInt8]?
    var from = TestAuthority.now
    var until: Timestamp? = Timestamp(seconds: TestAuthority.now.seconds + 3600)

    /// Answers with `status` in DER: good, revoked or unknown.
    func response(_ request: OCSPRequest, status: [UInt8]) throws -> [UInt8] {
        var reader = DERReader(request.encoding)
        var outer = try reader.takeSequence()
        var inner = try outer.takeSequence()
        var list = try inner.takeSequence()
        var single = try list.takeSequence()
        let certificateID = Array(try single.take(.sequence).encoding)
        let statement = DER.sequence(
            certificateID, status, DER.generalizedTime(from),
            until.map { DER.explicit(0, DER.generalizedTime($0)) } ?? [])
        let extensions = nonce.map { nonce in
            DER.explicit(
                1,
                DER.sequence(
                    DER.sequence(
                        DER.objectIdentifier(ExtensionName.ocspNonce), DER.octetString(DER.octetString(nonce))
                    )))
        }
        let signed = DER.sequence(
            DER.explicit(1, name.der), DER.generalizedTime(from), DER.sequence(statement), extensions ?? [])
        let structure = try SignedStructure.signing(signed, with: key, key.usualScheme)
        var parts = DERReader(structure)
        var inside = try parts.takeSequence().remaining[...]
        if !certificates.isEmpty {
            inside += DER.explicit(0, DER.element(.sequence, certificates.flatMap(\.der)))
        }
        let basic = DER.element(.sequence, Array(inside))
        return DER.sequence(
            DER.element(.enumerated, [0]),
            DER.explicit(
                0,
                DER.sequence(
                    DER.objectIdentifier(ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1, 1)),
                    DER.octetString(basic))))
    }

    static let good: [UInt8] = [0x80, 0]
    static let unknown: [UInt8] = [0x82, 0]
    static let revoked = DER.element(
        .constructed(1),
        DER.generalizedTime(TestAuthority.now) + DER.explicit(0, DER.element(.enumerated, [1])))
}

struct RevocationTests {
    private struct Setting {
        var pki = TestAuthority()
        let root: SigningAuthority
        let peer: Certificate
        let chain: CertificateChain

        init(locations: Bool = true) throws {
            root = try pki.root()
            peer = try pki.peer(root) {
                guard locations else { return }
                $0.crlLocations = [
                    "http://crl.example.org/1", "http://crl.example.org/2", "http://x.example.org/3",
                ]
                $0.ocspLocations = ["http://ocsp.example.org/", "http://ocsp2.example.org/"]
            }
            chain = try CertificateChain(
                for: peer, intermediates: [], anchors: [root.certificate], at: TestAuthority.now)
        }

        func list(
            _ revoked: [RevokedCertificate], number: Int = 1,
            validity: CertificateTemplate.Validity = TestAuthority.validity(from: 0, days: 7),
            others: [CertificateTemplate.Extension] = []
        ) throws -> RevocationList {
            try RevocationList(
                der: root.revocationList(of: revoked, number: number, validity: validity, others: others))
        }

        func outcome(
            _ policy: RevocationPolicy, _ cache: RevocationCache,
            fetching: RevocationCheck.Fetching = .done, at moment: Timestamp = TestAuthority.now
        ) -> Result<RevocationCheck.Outcome, ChainFailure> {
            do throws(ChainFailure) {
                return .success(
                    try RevocationCheck(policy, fetching: fetching).outcome(
                        for: chain, cache, at: moment, nonce: [1, 2, 3]))
            } catch { return .failure(error) }
        }
    }

    private func failure(_ body: () throws(RevocationFailure) -> Void) -> RevocationFailure? {
        do throws(RevocationFailure) {
            try body()
            return nil
        } catch {
            #expect(!error.description.isEmpty)
            return error
        }
    }

    @Test func listsTell() throws {
        let setting = try Setting()
        let since = Timestamp(seconds: TestAuthority.now.seconds - 60)
        let other = RevokedCertificate(serialNumber: [1], since: since)
        let mine = RevokedCertificate(
            serialNumber: setting.peer.serialNumber, since: since, reason: .keyCompromise)
        var cache = RevocationCache()
        try cache.add(setting.list([other]), issuer: setting.root.certificate, at: TestAuthority.now)
        let until = Timestamp(seconds: TestAuthority.now.seconds + 7 * TestAuthority.day - 1)
        #expect(setting.outcome(.strict, cache) == .success(.settled([.good(.crl, until: until)])))
        try cache.add(
            setting.list([other, mine], number: 2), issuer: setting.root.certificate, at: TestAuthority.now)
        #expect(cache.listCount == 1)
        for policy in [RevocationPolicy.strict, .ifuri, .relaxed] {
            guard case .failure(let failure) = setting.outcome(policy, cache, fetching: .possible) else {
                Issue.record("a revoked certificate is believed")
                continue
            }
            #expect(failure.reason == .revoked(since: since, .keyCompromise))
            #expect(failure.certificate == "C=CH, O=Example, CN=peer")
        }
        #expect(setting.outcome(.off, cache) == .success(.settled([])))
        // An edition from before does not bring the certificate back.
        let earlier = TestAuthority.validity(from: -1, days: 8)
        try cache.add(
            setting.list([], number: 1, validity: earlier), issuer: setting.root.certificate,
            at: TestAuthority.now)
        #expect((try? setting.outcome(.relaxed, cache).get()) == nil)
    }

    @Test func policiesDiffer() throws {
        let located = try Setting()
        let bare = try Setting(locations: false)
        let empty = RevocationCache()
        #expect((try? located.outcome(.strict, empty).get()) == nil)
        #expect((try? located.outcome(.ifuri, empty).get()) == nil)
        #expect((try? located.outcome(.relaxed, empty).get()) != nil)
        #expect((try? located.outcome(.off, empty).get()) != nil)
        #expect((try? bare.outcome(.strict, empty).get()) == nil)
        #expect((try? bare.outcome(.ifuri, empty).get()) != nil)
        #expect((try? bare.outcome(.strict, empty, fetching: .possible).get()) == nil)
        guard case .success(.fetch(let fetches)) = located.outcome(.relaxed, empty, fetching: .possible)
        else {
            Issue.record("nothing to fetch")
            return
        }
        #expect(
            fetches.map(\.location) == [
                "http://ocsp.example.org/", "http://crl.example.org/1", "http://crl.example.org/2",
            ])
    }

    @Test func listsAreJudged() throws {
        var setting = try Setting()
        let issuer = setting.root.certificate
        let now = TestAuthority.now
        let policy = SignaturePolicy()
        let list = try setting.list([])
        #expect(
            failure { () throws(RevocationFailure) in try list.verify(issuer: issuer, at: now, policy: policy)
            } == nil)
        let late = Timestamp(seconds: now.seconds + 8 * TestAuthority.day)
        let early = Timestamp(seconds: now.seconds - TestAuthority.day)
        #expect(
            failure { () throws(RevocationFailure) in
                try list.verify(issuer: issuer, at: late, policy: policy)
            }
                == .stale(since: Timestamp(seconds: now.seconds + 7 * TestAuthority.day - 1)))
        #expect(
            failure { () throws(RevocationFailure) in
                try list.verify(issuer: issuer, at: early, policy: policy)
            }
                == .early(now))
        let stranger = try setting.pki.root()
        #expect(
            failure { () throws(RevocationFailure) in
                try list.verify(issuer: stranger.certificate, at: now, policy: policy)
            } == .signature(.mismatch))
        let other = try setting.pki.root("CN=other")
        #expect(
            failure { () throws(RevocationFailure) in
                try list.verify(issuer: other.certificate, at: now, policy: policy)
            } == .wrongSigner)
        // An authority that may not sign CRLs.
        let key = setting.root.key
        var template = CertificateTemplate.authority(issuer.subject, key.publicKey, TestAuthority.validity)
        template.keyUsage = .keyCertSign
        let restricted = try setting.root.issue(template, random: &setting.pki.random)
        #expect(
            failure { () throws(RevocationFailure) in
                try list.verify(issuer: restricted, at: now, policy: policy)
            }
                == .wrongSigner)
        #expect(
            failure { () throws(RevocationFailure) in
                try list.verify(issuer: issuer, at: now, policy: SignaturePolicy(hashes: [.sha512]))
            } == .signature(.weakHash(.sha256)))
    }

    @Test func scopesOfListsCount() throws {
        let setting = try Setting()
        let issuer = setting.root.certificate
        func point(_ content: [UInt8]) -> [CertificateTemplate.Extension] {
            [.init(ExtensionName.issuingDistributionPoint, isCritical: true, DER.sequence(content))]
        }
        func place(_ location: String) -> [UInt8] {
            DER.explicit(0, DER.explicit(0, GeneralName.uri(location).encoding))
        }
        let unsupported: [[CertificateTemplate.Extension]] = [
            point([0x84, 1, 0xff]), point([0x83, 2, 7, 0x80]), point([0x85, 1, 0xff]),
            [.init(ExtensionName.deltaCRLIndicator, isCritical: true, DER.integer(1))],
            [.init(ObjectIdentifier(1, 2, 3), isCritical: true, [5, 0])],
        ]
        for others in unsupported {
            let list = try setting.list([], others: others)
            let found = failure { () throws(RevocationFailure) in
                try list.verify(issuer: issuer, at: TestAuthority.now, policy: SignaturePolicy())
            }
            guard case .unsupported? = found else {
                Issue.record("\(others) gives \(String(describing: found))")
                continue
            }
        }
        let covering: [([UInt8], Bool)] = [
            (place("http://crl.example.org/2"), true), (place("http://crl.example.org/9"), false),
            ([0x81, 1, 0xff], true), ([0x82, 1, 0xff], false),
        ]
        for (content, isCovered) in covering {
            #expect(try setting.list([], others: point(content)).covers(setting.peer) == isCovered)
        }
    }

    @Test func respondersTell() throws {
        let setting = try Setting()
        let issuer = setting.root.certificate
        let request = OCSPRequest(OCSPCertificateID(setting.peer, issuer: issuer), nonce: [7, 7, 7, 7])
        var responder = TestResponder(key: setting.root.key, name: issuer.subject, nonce: [7, 7, 7, 7])
        let until = Timestamp(seconds: TestAuthority.now.seconds + 3600)
        var cache = RevocationCache()
        for (status, expected) in [
            (TestResponder.good, RevocationStatus.good(.ocsp, until: until)),
            (TestResponder.revoked, .revoked(since: TestAuthority.now, .keyCompromise)),
        ] {
            let response = try OCSPResponse(der: responder.response(request, status: status))
            try cache.add(response, to: request, issuer: issuer, at: TestAuthority.now)
            #expect(cache.status(of: setting.peer, issuer: issuer, at: TestAuthority.now) == expected)
        }
        #expect(cache.answerCount == 1)
        // What is older than what is known changes nothing.
        responder.from = Timestamp(seconds: TestAuthority.now.seconds - 1)
        let older = try OCSPResponse(der: responder.response(request, status: TestResponder.good))
        try cache.add(older, to: request, issuer: issuer, at: TestAuthority.now)
        #expect((try? setting.outcome(.relaxed, cache).get()) == nil)
        cache.expire(at: Timestamp(seconds: until.seconds + 1))
        #expect(cache.answerCount == 0)
    }

    @Test func ourOwnResponsesAreKeptWhileTheyCount() throws {
        let setting = try Setting()
        let issuer = setting.root.certificate
        let request = OCSPRequest(OCSPCertificateID(setting.peer, issuer: issuer), nonce: [])
        let responder = TestResponder(key: setting.root.key, name: issuer.subject)
        var responses = OwnResponses()
        let (id, now) = (request.certificateID, TestAuthority.now)
        #expect(responses.current(id, at: now) == nil && responses.isDue(id, at: now))
        let bad = try responder.response(request, status: TestResponder.revoked)
        #expect(throws: RevocationFailure.notGood) {
            try responses.add(bad, to: request, issuer: issuer, at: now)
        }
        #expect(responses.current(id, at: now) == nil)
        let good = try responder.response(request, status: TestResponder.good)
        try responses.add(good, to: request, issuer: issuer, at: now)
        #expect(responses.current(id, at: now) == good && !responses.isDue(id, at: now))
        let later = Timestamp(seconds: now.seconds + 60)
        #expect(responses.current(id, at: later) == good && responses.isDue(id, at: later))
        #expect(responses.current(id, at: Timestamp(seconds: now.seconds + 3601)) == nil)
    }

    private func judge(
        _ setting: Setting, _ responder: TestResponder, nonce: [UInt8] = [7, 7], at moment: Timestamp
    ) throws -> RevocationFailure? {
        let issuer = setting.root.certificate
        let request = OCSPRequest(OCSPCertificateID(setting.peer, issuer: issuer), nonce: nonce)
        let response = try OCSPResponse(der: responder.response(request, status: TestResponder.good))
        return failure { () throws(RevocationFailure) in
            _ = try response.status(for: request, issuer: issuer, at: moment, policy: SignaturePolicy())
        }
    }

    @Test func respondersAreJudged() throws {
        var setting = try Setting()
        let issuer = setting.root.certificate
        let now = TestAuthority.now
        var responder = TestResponder(key: setting.root.key, name: issuer.subject, nonce: [7, 7])
        #expect(try judge(setting, responder, at: now) == nil)
        #expect(try judge(setting, responder, nonce: [8, 8], at: now) == .wrongNonce)
        let late = Timestamp(seconds: now.seconds + 7200)
        #expect(try judge(setting, responder, at: late) == .stale(since: try #require(responder.until)))
        let early = Timestamp(seconds: now.seconds - 7200)
        #expect(try judge(setting, responder, at: early) == .early(now))
        responder.nonce = nil
        #expect(try judge(setting, responder, at: now) == nil)
        let stranger = try PrivateKey.generate(.ecdsa(.p256))
        responder.key = stranger
        #expect(try judge(setting, responder, at: now) == .signature(.mismatch))

        // Charged by the issuer, and not.
        responder.name = try DistinguishedName("CN=responder")
        #expect(try judge(setting, responder, at: now) == .wrongSigner)
        var template = CertificateTemplate(
            subject: responder.name, key: stranger.publicKey, validity: TestAuthority.validity)
        template.purposes = [KeyPurpose.ocspSigning]
        responder.certificates = [try setting.root.issue(template, random: &setting.pki.random)]
        #expect(try judge(setting, responder, at: now) == nil)
        let impostor = try setting.pki.root()
        responder.certificates = [try impostor.issue(template, random: &setting.pki.random)]
        #expect(try judge(setting, responder, at: now) == .wrongSigner)
        template.purposes = [KeyPurpose.ipsecIKE]
        responder.certificates = [try setting.root.issue(template, random: &setting.pki.random)]
        #expect(try judge(setting, responder, at: now) == .wrongSigner)
        template.purposes = [KeyPurpose.ocspSigning]
        template.validity = TestAuthority.validity(from: -9, days: 3)
        responder.certificates = [try setting.root.issue(template, random: &setting.pki.random)]
        #expect(try judge(setting, responder, at: now) == .wrongSigner)
    }

    @Test("a response that announces no next one counts for minutes, as there is newer word at any time")
    func responsesWithoutAnEndSoonEnd() throws {
        let setting = try Setting()
        let issuer = setting.root.certificate
        let now = TestAuthority.now
        var responder = TestResponder(key: setting.root.key, name: issuer.subject, nonce: [7, 7])
        responder.until = nil
        #expect(try judge(setting, responder, at: now) == nil)
        let end = Timestamp(seconds: now.seconds + 600)
        let late = Timestamp(seconds: now.seconds + 3600)
        #expect(try judge(setting, responder, at: late) == .stale(since: end))
        let request = OCSPRequest(OCSPCertificateID(setting.peer, issuer: issuer), nonce: [7, 7])
        var cache = RevocationCache()
        try cache.add(
            OCSPResponse(der: responder.response(request, status: TestResponder.good)), to: request,
            issuer: issuer, at: now)
        #expect(cache.status(of: setting.peer, issuer: issuer, at: now) == .good(.ocsp, until: end))
        guard case .unknown = cache.status(of: setting.peer, issuer: issuer, at: late) else {
            Issue.record("it still counts")
            return
        }
    }

    @Test func responsesForOthersSayNothing() throws {
        var setting = try Setting()
        let issuer = setting.root.certificate
        let responder = TestResponder(key: setting.root.key, name: issuer.subject)
        let other = try setting.pki.peer(setting.root)
        let asked = OCSPRequest(OCSPCertificateID(other, issuer: issuer), nonce: [])
        let wanted = OCSPRequest(OCSPCertificateID(setting.peer, issuer: issuer), nonce: [])
        let response = try OCSPResponse(der: responder.response(asked, status: TestResponder.good))
        #expect(
            failure { () throws(RevocationFailure) in
                _ = try response.status(
                    for: wanted, issuer: issuer, at: TestAuthority.now, policy: SignaturePolicy())
            } == .otherCertificate)
        #expect(
            failure { () throws(RevocationFailure) in _ = try OCSPResponse(der: [0x30, 3, 0x0a, 1, 6]) }
                == .responderStatus(6))
    }

    @Test func theCacheIsBounded() throws {
        var setting = try Setting()
        let now = TestAuthority.now
        let size = try setting.list([]).size
        var cache = RevocationCache(mostOctets: size * 3, mostAnswers: 2)
        for index in 0..<6 {
            let root = try setting.pki.root("CN=\(index)")
            let der = try root.revocationList(
                of: [], number: 1, validity: TestAuthority.validity(from: 0, days: 1))
            try cache.add(RevocationList(der: der), issuer: root.certificate, at: now)
            #expect(cache.octets <= size * 3)
            let peer = try setting.pki.peer(root)
            let request = OCSPRequest(OCSPCertificateID(peer, issuer: root.certificate), nonce: [])
            let responder = TestResponder(key: root.key, name: root.certificate.subject)
            let response = try OCSPResponse(der: responder.response(request, status: TestResponder.good))
            try cache.add(response, to: request, issuer: root.certificate, at: now)
        }
        #expect(cache.answerCount == 2)
        #expect(cache.listCount >= 2)
        cache.expire(at: Timestamp(seconds: now.seconds + 2 * TestAuthority.day))
        #expect(cache.listCount == 0)
    }

    @Test func damagedOnesAreRefused() throws {
        let setting = try Setting()
        let der = try setting.root.revocationList(
            of: [RevokedCertificate(serialNumber: [1], since: TestAuthority.now, reason: .superseded)],
            number: 1,
            validity: TestAuthority.validity)
        for count in der.indices {
            #expect(throws: RevocationFailure.self) { try RevocationList(der: Array(der.prefix(count))) }
        }
        #expect(throws: RevocationFailure.tooLarge(RevocationList.mostOctets)) {
            try RevocationList(der: [UInt8](repeating: 0, count: RevocationList.mostOctets + 1))
        }
        #expect(throws: RevocationFailure.tooLarge(OCSPResponse.mostOctets)) {
            try OCSPResponse(der: [UInt8](repeating: 0, count: OCSPResponse.mostOctets + 1))
        }
    }
}
