import Credentials
import IKEConfiguration
import Testing

struct CertificateStatementTests {
    private func plan(_ text: String) -> PeerCredentialPlan? {
        let result = FileSet().load("remote 192.0.2.2 { exchange_mode main; \(text) \(Sample.proposal) }")
        return result.configuration?.credentials.peers["192.0.2.2"]
    }

    @Test func areTakenAsRacoonMeansThem() throws {
        let plain = try #require(plan(""))
        #expect(plain == PeerCredentialPlan(origin: plain.origin))
        #expect(plain.origin.hasSuffix(":1"))
        #expect(plain.check == .full && plain.certificates == .on && plain.requests == .on)
        #expect(plain.revocation == .relaxed)
        let stated = try #require(
            plan(
                "certificate_type x509 \"c.pem\" \"k.pem\" passphrase \"p\"; ca_type x509 \"a\"; ca_type x509 \"b\"; "
                    + "send_cert off; send_cr off; revocation strict; peers_certfile \"peer.pem\";"))
        #expect(stated.own == .certificate(file: "c.pem", key: "k.pem"))
        #expect(stated.passphrase == "p")
        #expect(stated.authorities == ["a", "b"])
        #expect(stated.pinned == .certificate(file: "peer.pem"))
        #expect(stated.certificates == .off && stated.requests == .off)
        #expect(stated.revocation == .strict)
    }

    @Test func furtherOnesAreAlternatives() throws {
        let stated = try #require(
            plan("certificate_type x509 \"c\" \"k\"; certificate_type pkcs12 \"b\" passphrase \"p\";"))
        #expect(stated.own == .certificate(file: "c", key: "k") && stated.passphrase == nil)
        #expect(stated.alternatives == [.init(.bundle(file: "b"), passphrase: "p")])
    }

    @Test(arguments: [
        ("plain_rsa \"k\"", PeerCredentialPlan.Own.rawKey(file: "k", .rsa)),
        ("raw \"k\"", .rawKey(file: "k", .any)), ("pkcs12 \"b\"", .bundle(file: "b")),
    ])
    func otherKindsOfKeys(text: String, own: PeerCredentialPlan.Own) {
        #expect(plan("certificate_type \(text);")?.own == own)
    }

    @Test(arguments: [
        ("x509 \"f\"", PeerCredentialPlan.Pinned.certificate(file: "f")),
        ("plain_rsa \"f\"", .rawKey(file: "f", .rsa)), ("raw \"f\"", .rawKey(file: "f", .any)),
    ])
    func pinnedOnes(text: String, pinned: PeerCredentialPlan.Pinned) {
        #expect(plan("peers_certfile \(text);")?.pinned == pinned)
    }

    @Test(arguments: [
        ("peers_certfile dnssec;", "'dnssec' is not supported"), ("ca_type x509 \"\";", "is empty"),
        ("certificate_type x509 \"c\";", "a key file"), ("revocation maybe;", "'strict'"),
    ])
    func refuses(text: String, reason: String) {
        let result = FileSet().load("remote 192.0.2.2 { exchange_mode main; \(text) \(Sample.proposal) }")
        #expect(result.configuration == nil)
        #expect(result.headlines.contains { $0.contains(reason) }, "\(result.headlines)")
    }

    @Test func warnsOfUnjudgedCertificates() {
        let result = FileSet().load(
            "remote 192.0.2.2 { exchange_mode main; verify_cert off; \(Sample.proposal) }")
        #expect(result.configuration?.credentials.peers["192.0.2.2"]?.check == PeerCredentialPlan.Check.none)
        #expect(result.headlines.contains { $0.contains("whoever has any certificate is believed") })
    }

    @Test func certificatesForTLSAreTakenWhereThatIsSaid() {
        #expect(plan("send_cert on;")?.tlsPurposes == .refused)
        #expect(plan("accept_tls_cert on;")?.tlsPurposes == .tolerated)
        #expect(plan("accept_tls_cert off;")?.tlsPurposes == .refused)
    }

    @Test func isInherited() throws {
        let result = FileSet().load(
            """
            remote "a" { exchange_mode main; remote_address 192.0.2.2; ca_type x509 "x"; revocation off;
                \(Sample.proposal) }
            remote "b" inherit "a" { remote_address 192.0.2.3; ca_type x509 "y"; }
            """)
        let plan = try #require(result.configuration?.credentials.peers["b"])
        #expect(plan.authorities == ["y"])
        #expect(plan.revocation == .off)
        #expect(plan.origin.hasSuffix(":3"))
    }

    @Test func foldersAreBesideEachOther() {
        let plan = FileSet().load("path certificate \"/etc/racoon/certs\";").configuration?.credentials
        #expect(plan?.certificates == "/etc/racoon/certs")
        #expect(plan?.privateKeys == "/etc/racoon/private")
        #expect(plan?.revocationLists == "/etc/racoon/crls")
    }
}
