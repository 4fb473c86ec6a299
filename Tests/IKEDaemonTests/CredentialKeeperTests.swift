import Calendar
import CertificateAuthority
import ControlProtocol
import Credentials
import Cryptography
import Foundation
import IPsec
import KeyMaterial
import Negotiation
import Testing

@testable import IKEDaemon

struct CredentialKeeperTests {
    private let west = Identity.fqdn("west.example.org")

    /// East judges, west signs; both have the root.
    private func pair(
        list: String? = nil, _ change: (inout PeerCredentialPlan) -> Void = { _ in }
    ) throws -> (
        scene: CredentialScene, east: CredentialGateway, west: CredentialGateway, certificate: Certificate
    ) {
        var scene = try CredentialScene()
        try scene.issue("east")
        let certificate = try scene.issue("west", list: list)
        return (
            scene, CredentialGateway(CredentialScene.plan(own: "east", change), scene.files),
            CredentialGateway(CredentialScene.plan(own: "west"), scene.files), certificate
        )
    }

    @Test func believesWhomAnAuthorityConfirms() throws {
        let (_, east, west, certificate) = try pair()
        let title = try east.judge(west, as: self.west).get().description
        #expect(
            title.hasPrefix("certificate \"O=Example, CN=west\" of \"O=Example, CN=root\", not known to be"))
        #expect(try east.refusal(west, as: .fqdn("x")).contains("fqdn \"west.example.org\""))
        #expect(east.fetched.all.isEmpty)
        #expect(east.lines.all.count == 1 && east.lines.all[0].contains("believed by \(title)"))
        #expect(
            east.keeper.completed(policy()).peers[0].requestedAuthorities.count == 1)
        #expect(
            west.keeper.completed(policy()).peers[0].localIdentity
                == .distinguishedName(certificate.subject.der))
    }

    private func policy() -> NegotiationPolicy {
        var peer = PeerPolicy(name: "peer", match: .anonymous, proposals: [])
        peer.exchangeModes = [.ikev2]
        return NegotiationPolicy(peers: [peer])
    }

    @Test func tellsWhatPeersWouldObjectTo() throws {
        let (_, east, _, _) = try pair()
        var policy = policy()
        policy.peers[0].localIdentity = .fqdn("wrong.example.org")
        #expect(east.keeper.completed(policy).peers[0].localIdentity == .fqdn("wrong.example.org"))
        #expect(
            east.lines.all.contains { $0.contains("t.conf:1: we say that we are fqdn \"wrong.example.org\"") }
        )
    }

    @Test func aKeyThatOthersReadIsRefused() throws {
        let (scene, east, _, _) = try pair()
        scene.files.write([1], to: "/c/private/east.pem", mode: 0o640)
        let fresh = CredentialGateway(CredentialScene.plan(own: "east"), scene.files)
        let request = SignatureRequest(peer: "peer", content: .ikev1([1]))
        guard case .failure(let failure) = fresh.keeper.sign(request) else {
            Issue.record("signed")
            return
        }
        #expect(failure.sentence.contains("type: chmod 600 /c/private/east.pem"))
        // Who had the key before keeps it, and says so.
        east.keeper.read()
        #expect(east.lines.all.contains { $0.contains("chmod 600") && $0.contains("stays in effect") })
        #expect(throws: Never.self) { try east.keeper.sign(request).get() }
    }

    @Test("a key that was not copied is told of, and not the mode of the certificate of the same name")
    func aKeyThatIsMissingIsTold() throws {
        let (scene, _, _, _) = try pair()
        scene.files.remove("/c/private/east.pem")
        let fresh = CredentialGateway(CredentialScene.plan(own: "east"), scene.files)
        #expect(
            fresh.keeper.report().problems == [
                "/c/private/east.pem is missing: the private key belongs there, and /c/certs/east.pem holds none"
            ])
    }

    @Test func aBadNewFileLeavesTheOldOneAndAMissingOneDoesNot() throws {
        let (scene, east, west, _) = try pair()
        scene.files.write(Array("-----BEGIN".utf8), to: "/c/certs/root.pem")
        east.keeper.read()
        #expect(try east.refusal(west, as: self.west) == "")
        #expect(east.keeper.report().problems.contains { $0.contains("root.pem") })
        scene.files.remove("/c/certs/root.pem")
        east.keeper.read()
        #expect(try east.refusal(west, as: self.west).contains("no authority is trusted"))
        scene.files.write(scene.root.certificate.pem, to: "/c/certs/root.pem")
        east.keeper.read()
        #expect(try east.refusal(west, as: self.west) == "")
        #expect(east.keeper.report().problems.isEmpty)
        #expect(east.lines.all.contains { $0.contains("no more: /c/certs/root.pem") })
    }

    @Test func aNewAuthorityIsTrustedOnceItIsThere() throws {
        var (scene, east, west, _) = try pair()
        let other = try SigningAuthority.root(
            DistinguishedName("CN=other"), PrivateKey.generate(.ed25519), CredentialScene.validity,
            random: &scene.random)
        try scene.issue("west", by: other)
        west.keeper.read()
        #expect(try east.refusal(west, as: self.west).contains("not at hand"))
        scene.files.write(other.certificate.pem, to: "/c/certs/other.crt")
        east.keeper.read()
        #expect(try east.refusal(west, as: self.west) == "")
    }

    @Test("authorities of any name are trusted, and files of other things beside them are no mistake")
    func theFolderMayHoldOtherThings() throws {
        let (scene, east, west, _) = try pair()
        scene.files.remove("/c/certs/root.pem")
        scene.files.write(scene.root.certificate.pem, to: "/c/certs/keycloak-ca.pem")
        let key = try PrivateKey.generate(.ed25519).pem().withSpan { span in span.indices.map { span[$0] } }
        scene.files.write(key, to: "/c/certs/old.pem")
        scene.files.write(Array("no PEM at all".utf8), to: "/c/certs/west.key.pem")
        east.keeper.read()
        #expect(try east.refusal(west, as: self.west) == "")
        #expect(east.keeper.report().problems == [])
        scene.files.write(Array("no PEM at all".utf8), to: "/c/certs/other.pem")
        east.keeper.read()
        #expect(east.keeper.report().problems.count == 1)
    }

    @Test func statedAuthoritiesReplaceThoseOfTheFolder() throws {
        let (scene, _, west, _) = try pair()
        let other = CredentialGateway(
            CredentialScene.plan(own: "east") { $0.authorities = ["missing.pem"] }, scene.files)
        #expect(try other.refusal(west, as: self.west).contains("no authority is trusted"))
        #expect(other.lines.all.contains { $0.contains("/c/certs/missing.pem cannot be read") })
        let same = CredentialGateway(
            CredentialScene.plan(own: "east") { $0.authorities = ["missing.pem", "root.pem"] }, scene.files)
        #expect(try same.refusal(west, as: self.west) == "")
    }

    @Test func listsOfTheFolderCount() throws {
        let (scene, east, west, certificate) = try pair { $0.revocation = .strict }
        #expect(try east.refusal(west, as: self.west).contains("may be revoked"))
        scene.files.write(try scene.revocationList([]), to: "/c/crls/crl.pem")
        east.keeper.read()
        #expect(
            try east.judge(west, as: self.west).get().description.contains("not revoked (CRL, good until"))
        scene.files.write(try scene.revocationList([certificate], number: 2), to: "/c/crls/crl.pem")
        east.keeper.read()
        #expect(try east.refusal(west, as: self.west).contains("was revoked at"))
        let report = east.keeper.report()
        #expect(
            report.certificates.first { $0.subject == "O=Example, CN=east" }?.status.hasPrefix("good (CRL")
                == true)
        scene.files.write([0x30], to: "/c/crls/bad.pem")
        east.keeper.read()
        #expect(east.keeper.report().problems.contains { $0.contains("bad.pem") })
    }

    @Test func listsAreFetchedForBelievedChainsAlone() throws {
        let (scene, east, west, certificate) = try pair(list: CredentialScene.list) {
            $0.revocation = .ifuri
        }
        #expect(try east.refusal(west, as: .fqdn("x")) != "")
        #expect(east.fetched.all.isEmpty)
        let refusal = try east.refusal(west, as: self.west)
        #expect(
            refusal.contains("may be revoked")
                && refusal.contains("http://crl.example.org/crl.der: no connection"))
        #expect(east.fetched.all == [CredentialScene.list])
        // For a while it is not tried again.
        _ = try east.refusal(west, as: self.west)
        #expect(east.fetched.all.count == 1)
        let fresh = CredentialGateway(
            CredentialScene.plan(own: "east") { $0.revocation = .ifuri }, scene.files)
        fresh.web.value = [CredentialScene.list: try scene.revocationList([])]
        #expect(try fresh.refusal(west, as: self.west) == "")
        #expect(try fresh.refusal(west, as: self.west) == "")
        #expect(fresh.fetched.all.count == 1)
        let late = CredentialGateway(
            CredentialScene.plan(own: "east") { $0.revocation = .relaxed }, scene.files)
        late.web.value = [CredentialScene.list: try scene.revocationList([certificate])]
        #expect(try late.refusal(west, as: self.west).contains("was revoked at"))
        let off = CredentialGateway(CredentialScene.plan(own: "east") { $0.revocation = .off }, scene.files)
        #expect(try off.refusal(west, as: self.west) == "")
        #expect(off.fetched.all.isEmpty)
    }

    @Test func listsAreFetchedAgainBeforeTheyEndWhileTheyAreAskedAbout() throws {
        let (scene, east, west, _) = try pair(list: CredentialScene.list) { $0.revocation = .strict }
        east.web.value = [CredentialScene.list: try scene.revocationList([])]
        #expect(try east.refusal(west, as: self.west) == "")
        east.keeper.renewLists()
        #expect(east.fetched.all.count == 1)
        east.clock.value += 7 * 86400 - 3600
        east.keeper.renewLists()
        #expect(east.fetched.all.count == 2)
        east.clock.value += 86400
        east.keeper.renewLists()
        #expect(east.fetched.all.count == 2)
    }

    @Test func theVerdictSaysWhatIsKnownOfRevocation() throws {
        let (scene, east, west, _) = try pair { $0.revocation = .relaxed }
        let unknown = try #require(try east.judge(west, as: self.west).get().revocation)
        guard unknown.policy == .relaxed, case .unknown? = unknown.status else {
            Issue.record("\(unknown)")
            return
        }
        scene.files.write(try scene.revocationList([]), to: "/c/crls/crl.pem")
        east.keeper.read()
        let known = try #require(try east.judge(west, as: self.west).get().revocation)
        let end = Timestamp(seconds: CredentialScene.now.seconds - 60 + 7 * 86400)
        #expect(known.status == .good(.crl, until: end))
        let off = CredentialGateway(CredentialScene.plan(own: "east") { $0.revocation = .off }, scene.files)
        #expect(try off.judge(west, as: self.west).get().revocation == RevocationFinding(.off, nil))
    }

    @Test func forgedListsProveNothing() throws {
        var (scene, east, west, _) = try pair(list: CredentialScene.list) { $0.revocation = .ifuri }
        let forger = try SigningAuthority.root(
            DistinguishedName("O=Example, CN=root"), PrivateKey.generate(.ecdsa(.p256)),
            CredentialScene.validity,
            random: &scene.random)
        east.web.value = [
            CredentialScene.list: try forger.revocationList(
                of: [], number: 9, validity: CredentialScene.validity)
        ]
        #expect(try east.refusal(west, as: self.west).contains("its signature is refused"))
    }

    @Test func warnsOfWhatEnds() throws {
        var scene = try CredentialScene()
        let key = try PrivateKey.generate(.ecdsa(.p256))
        let validity = CertificateTemplate.Validity(from: CredentialScene.validity.from, days: 20)
        let certificate = try scene.root.issue(
            .peer(try DistinguishedName("CN=short"), key.publicKey, validity, names: []),
            random: &scene.random)
        try scene.issue("east")
        scene.files.write(certificate.pem, to: "/c/certs/short.pem")
        let plan = CredentialScene.plan(own: "east") { $0.pinned = .certificate(file: "short.pem") }
        let east = CredentialGateway(plan, scene.files)
        #expect(
            east.lines.all.filter { $0.contains("\"CN=short\" (/c/certs/short.pem) ends in 18 days") }.count
                == 1)
        east.keeper.read()
        #expect(east.lines.all.filter { $0.contains("CN=short") }.count == 1)
        east.clock.value += 30 * 86400
        east.keeper.read()
        #expect(east.lines.all.contains { $0.contains("\"CN=short\"") && $0.contains("ended at") })
        #expect(east.keeper.report().certificates.first { $0.role == "peer" }?.status == "expired")
    }

    @Test(
        "RSA keys as racoon, FreeS/WAN and libreswan write them",
        arguments: [": PUB KEY", "KEY\n", "# west\n: PUB KEY\n"])
    func keysOfRFC2537(form: String) throws {
        let scene = try CredentialScene()
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        scene.files.write(
            key.pem().withSpan { span in span.indices.map { span[$0] } }, to: "/c/private/raw.pem")
        let text = try #require(key.publicKey.recordText)
        scene.files.write(
            Array(form.replacingOccurrences(of: "KEY", with: text).utf8), to: "/c/certs/west.pub")
        let own = PeerCredentialPlan.Own.rawKey(file: "raw.pem", .rsa)
        let west = CredentialGateway(CredentialScene.plan(own: "west") { $0.own = own }, scene.files)
        let east = CredentialGateway(
            CredentialScene.plan(own: "east") {
                $0.own = own
                $0.pinned = .rawKey(file: "west.pub", .rsa)
            }, scene.files)
        #expect(try east.refusal(west, as: self.west) == "")
    }

    @Test func rawKeysGoWithoutCertificates() throws {
        var (scene, _, _, _) = try pair()
        let key = try PrivateKey.generate(.ed25519)
        scene.files.write(
            key.pem().withSpan { span in span.indices.map { span[$0] } }, to: "/c/private/raw.pem")
        scene.files.write(key.publicKey.subjectPublicKeyInfo, to: "/c/certs/raw.pub", mode: 0o644)
        try scene.issue("other")
        let octets = Array("signed".utf8)
        let west = CredentialGateway(
            CredentialScene.plan(own: "west") { $0.own = .rawKey(file: "raw.pem", .any) }, scene.files)
        let answer = try west.keeper.sign(
            SignatureRequest(
                peer: "peer", content: .ikev2(octets, announced: [.identity]))
        ).get()
        #expect(answer.certificates.map(\.encoding) == [15])
        let east = CredentialGateway(
            CredentialScene.plan(own: "east") { $0.pinned = .rawKey(file: "raw.pub", .any) }, scene.files)
        let verdict = Shared<SignatureAnswering.Verdict?>(nil)
        east.keeper.verify(
            VerificationRequest(
                peer: "peer", identity: .keyID([1]), proof: .ikev2(answer.signature, octets: octets),
                certificates: answer.certificates)
        ) { verdict.value = $0 }
        #expect(try verdict.value?.get().description == "the key in /c/certs/raw.pub")
        let rsa = CredentialGateway(
            CredentialScene.plan(own: "west") { $0.own = .rawKey(file: "raw.pem", .rsa) }, scene.files)
        #expect(rsa.lines.all.contains { $0.contains("plain_rsa takes RSA; write raw instead") })
    }

    @Test func theCertificateIsTheOneThatThePeerCanBelieve() throws {
        var (scene, _, _, _) = try pair()
        let other = try SigningAuthority.root(
            DistinguishedName("CN=other"), PrivateKey.generate(.ed25519), CredentialScene.validity,
            random: &scene.random)
        scene.files.write(other.certificate.pem, to: "/c/certs/other.pem")
        let second = try scene.issue("second", by: other)
        let first = try #require(
            CredentialGateway(CredentialScene.plan(own: "west"), scene.files).keeper.report().certificates
                .first { $0.role == "own" }?.subject)
        #expect(first == "O=Example, CN=west")
        let west = CredentialGateway(
            CredentialScene.plan(own: "west") {
                $0.alternatives = [.init(.certificate(file: "second.pem", key: "second.pem"))]
            }, scene.files)
        func sent(_ authorities: [[UInt8]]) throws -> String {
            let request = SignatureRequest(
                peer: "peer", content: .ikev2([1], announced: nil),
                wish: CertificateWish(authorities: authorities))
            let octets = try #require(try west.keeper.sign(request).get().certificates.first).octets
            return try Certificate(der: octets).title
        }
        #expect(try sent([]) == first)
        #expect(try sent([scene.root.certificate.authorityHash]) == first)
        #expect(try sent([[1], other.certificate.authorityHash]) == second.title)
        #expect(try sent([[1]]) == first)
        // Not where we say that we are somebody else.
        var policy = policy()
        policy.peers[0].localIdentity = .fqdn("west.example.org")
        _ = west.keeper.completed(policy)
        #expect(try sent([other.certificate.authorityHash]) == first)
    }

    @Test func aResponderIsAskedAboutOurCertificateForWhoeverWantsToKnow() throws {
        var scene = try CredentialScene()
        try scene.issue("west", responder: "http://ocsp.example.org/")
        let west = CredentialGateway(CredentialScene.plan(own: "west"), scene.files)
        func sent(_ responses: CertificateWish.Responses) throws -> [UInt8] {
            let request = SignatureRequest(
                peer: "peer", content: .ikev2([1], announced: nil),
                wish: CertificateWish(responses: responses))
            return try west.keeper.sign(request).get().certificates.map(\.encoding)
        }
        #expect(try sent(.unwanted) == [4])
        #expect(west.fetched.all.isEmpty)
        // Nobody waits for the answer, and what is none is not handed on.
        #expect(try sent(.wanted) == [4])
        #expect(west.fetched.all == ["http://ocsp.example.org/"])
        #expect(try sent(.wanted) == [4])
    }

    @Test(
        "peers are asked for what a responder says where it may matter",
        arguments: [
            (RevocationPolicy.strict, PeerCredentialPlan.Sending.on, true), (.ifuri, .on, true),
            (.relaxed, .on, true), (.off, .on, false), (.strict, .off, false),
        ])
    func responsesAreAskedFor(
        revocation: RevocationPolicy, requests: PeerCredentialPlan.Sending, asks: Bool
    ) throws {
        let (scene, _, _, _) = try pair()
        let east = CredentialGateway(
            CredentialScene.plan(own: "east") {
                $0.revocation = revocation
                $0.requests = requests
            }, scene.files)
        #expect(east.keeper.completed(policy()).peers.map(\.requestsResponses) == [asks])
    }

    @Test func wrongPairsAreTold() throws {
        var (scene, _, _, _) = try pair()
        try scene.issue("other")
        let east = CredentialGateway(
            CredentialScene.plan(own: "east") { $0.own = .certificate(file: "east.pem", key: "other.pem") },
            scene.files)
        #expect(
            east.lines.all.contains {
                $0.contains("no certificate in it belongs to the key in /c/private/other.pem")
            })
    }

    @Test func nothingIsReadWherePreSharedKeysDo() throws {
        let (scene, _, _, _) = try pair()
        scene.files.write([0], to: "/c/certs/broken.pem")
        let plan = CredentialPlan(certificates: "/c/certs", peers: ["peer": PeerCredentialPlan()])
        let east = CredentialGateway(plan, scene.files)
        #expect(east.lines.all.isEmpty && east.keeper.report().certificates.isEmpty)
        let request = SignatureRequest(peer: "peer", content: .ikev1([1]))
        #expect(throws: CredentialFailure.self) { try east.keeper.sign(request).get() }
    }

    @Test func tellsWhatIsLoadedAndByWhom() throws {
        let (_, east, _, _) = try pair()
        let report = east.keeper.report()
        try #require(report.certificates.map(\.role) == ["own", "authority"])
        let own = report.certificates[0]
        #expect(own.file == "/c/certs/east.pem" && own.users == ["peer"] && own.key == "ECDSA P-256")
        #expect(own.names == ["east.example.org"] && own.status == "good, revocation not known")
        #expect(report.certificates[1].status == "good")
    }
}
