import Algorithms
import IKEConfiguration
import Negotiation
import Testing

/// What a configuration says of IKEv2.
@Suite struct Version2Tests {
    private static func remote(_ statements: String, modes: String = "ikev2") -> String {
        "remote 192.0.2.2 { exchange_mode \(modes); \(statements) }\n"
    }

    private static func peer(_ statements: String, modes: String = "ikev2") -> PeerPolicy? {
        FileSet().load(remote(statements, modes: modes)).configuration?.policy.peers.first
    }

    @Test func theShortestBlockGoesByTheDefaults() throws {
        let configuration = try #require(FileSet().load(Self.remote("")).configuration)
        #expect(configuration.notices.isEmpty)
        let peer = try #require(configuration.policy.peers.first)
        #expect(peer.exchangeModes == [.ikev2])
        #expect(peer.suites.map(\.encryption) == DefaultSuites.ike.map(\.encryption))
        #expect(peer.suites.allSatisfy { $0.origin == "t.conf:1" })
        #expect(peer.proposals.isEmpty)
        #expect(peer.fragmentSize == 1280)
        let child = try #require(configuration.policy.children.first)
        #expect(child.suites.map(\.encryption) == DefaultSuites.esp.map(\.encryption))
        #expect(child.lifetime == .seconds(28800))
    }

    @Test func proposalsStandOnOneLine() throws {
        let peer = try #require(
            Self.peer(
                "proposals \"aes256gcm16-prfsha384-ecp384, aes128-sha256-x25519\",\n\"chacha20poly1305\";"))
        #expect(peer.suites.map(\.encryption.first?.algorithm) == [.aesGCM16, .aesCBC, .chaCha20Poly1305])
        #expect(peer.suites.map(\.origin) == ["t.conf:1", "t.conf:1", "t.conf:2"])
    }

    @Test func aProposalBlockMeansTheSameInIKEv2() throws {
        let peer = try #require(Self.peer(Sample.proposal))
        let suite = try #require(peer.suites.first)
        #expect(suite.encryption == [CipherChoice(.aesCBC, keyBits: 256)])
        #expect(suite.integrity == [.hmacSHA256])
        #expect(suite.prfs == [.hmacSHA256])
        #expect(suite.keyExchange == [.modp2048])
        #expect(suite.origin == "t.conf:1")
    }

    @Test func bothVersionsAreTriedInTheOrderOfTheText() {
        let modes = ["ikev2, main", "main ikev2"].map {
            Self.peer(Sample.proposal, modes: $0)?.versions
        }
        #expect(modes == [[.ikev2, .ikev1], [.ikev1, .ikev2]])
    }

    @Test func identifiersAreVerifiedUnlessTheTextSaysOtherwise() {
        let named = "peers_identifier fqdn \"west.example\";"
        #expect(Self.peer(named)?.verifiesIdentity == true)
        #expect(Self.peer(named + "verify_identifier off;")?.verifiesIdentity == false)
        #expect(Self.peer("")?.verifiesIdentity == false)
        #expect(Self.peer(named + Sample.proposal, modes: "main")?.verifiesIdentity == false)
    }

    @Test func fragmentsHaveASize() {
        #expect(Self.peer("ike_frag off;")?.fragmentSize == nil)
        #expect(Self.peer("ike_frag on; ike_frag_size 600;")?.fragmentSize == 600)
    }

    @Test func anIKESAHasALife() {
        #expect(Self.peer("lifetime time 90 sec;")?.ikeLifetime == .seconds(90))
        #expect(Self.peer("reauthentication on;")?.renewal == .reauthenticate)
        #expect(Self.peer("")?.renewal == .rekey)
        #expect(Self.peer("childless prefer;")?.childless == .prefer)
    }

    @Test func sequenceNumbersHaveAWidth() {
        let widths = ["on", "off", "require"].map { word in
            FileSet().load(Self.remote("") + "sainfo anonymous { esn \(word); }").configuration?
                .policy.children.first?.suites.first?.sequenceNumbers
        }
        #expect(widths == [[.extended, .short], [.short], [.extended]])
    }

    @Test func anSainfoHasProposalsToo() throws {
        let text = Self.remote("") + "sainfo anonymous { proposals \"aes256-sha512-modp2048-noesn\"; }"
        let suites = FileSet().load(text).configuration?.policy.children.first?.suites
        let suite = try #require(suites?.first)
        #expect(suite.encryption == [CipherChoice(.aesCBC, keyBits: 256)])
        #expect(suite.keyExchange == [.modp2048])
        #expect(suite.sequenceNumbers == [.short])
    }

    @Test func aTunnelNeedsNoSainfo() {
        let tunnel = "tunnel \"a\" { remote 192.0.2.2; local_net 10.1.0.0/24; remote_net 10.2.0.0/24; }"
        #expect(FileSet().load(Self.remote("") + tunnel).configuration?.policy.tunnels.count == 1)
        let headlines = FileSet().load(
            Self.remote("") + "sainfo anonymous clientaddr { }" + tunnel
        ).headlines
        #expect(
            headlines == [
                "t.conf:2:32: error: tunnel \"a\" has no sainfo; add: sainfo address 10.1.0.0/24 any "
                    + "address 10.2.0.0/24 any { proposals \"aes256gcm16\"; }"
            ])
    }

    @Test(
        arguments: [
            (
                "remote ::1 { exchange_mode ikev2; proposals \"aes128-sha265-x25519\"; }",
                ["1:53: error: 'sha265' is no algorithm that is negotiated here; did you mean 'sha256'?"]
            ),
            (
                "remote ::1 { exchange_mode ikev2; proposals \"aes128\"; }",
                ["1:46: error: 'aes128' names no integrity algorithm; add sha256"]
            ),
            (
                "remote ::1 { exchange_mode main; proposals \"aes128gcm16\"; ike_frag_size 600; \(Sample.proposal) }",
                [
                    "1:34: error: 'proposals' is for IKEv2, and this remote's exchange_mode has no 'ikev2'",
                    "1:59: error: 'ike_frag_size' is for IKEv2, and this remote's exchange_mode has no 'ikev2'",
                ]
            ),
            (
                "remote ::1 { exchange_mode ikev2, main; proposals \"aes128gcm16\"; }",
                [
                    "1:1: error: this remote has no proposal; 'proposals' is for exchange_mode ikev2 alone"
                ]
            ),
            (
                "remote ::1 { exchange_mode ikev2; proposal_check obey; dpd off; dpd_retry 3; }",
                [
                    "1:35: warning: 'proposal_check' has no meaning in IKEv2: lifetimes are not negotiated, and "
                        + "everything else must be equal; leave it out",
                    "1:56: warning: 'dpd' has no meaning in IKEv2: every peer answers; leave it out",
                    "1:65: warning: 'dpd_retry' has no meaning in IKEv2: questions are sent again as the timer "
                        + "block says; leave it out",
                ]
            ),
            (
                "remote ::1 { exchange_mode ikev2; ike_frag force; }",
                [
                    "1:44: warning: in IKEv2 only large messages are cut, and only for peers that can join them: "
                        + "'force' does what 'on' does; see ike_frag_size"
                ]
            ),
            (
                "remote ::1 { exchange_mode ikev2; ike_frag_size 575; }",
                ["1:49: error: size in octets is 575, expected 576 to 65000"]
            ),
            (
                "remote ::1 { exchange_mode ikev2; proposals \"3des-sha1-modp1024\"; }",
                [
                    "1:35: warning: '3des-cbc' is weak: its blocks of 64 bits leak after some gigabytes; aes is the "
                        + "usual choice",
                    "1:35: warning: 'modp1024' is weak: a group of 1024 bits can be broken by a rich attacker; "
                        + "modp2048 is the least to choose",
                ]
            ),
            (
                "remote ::1 { exchange_mode ikev2; }\nsainfo anonymous { esn on; proposals \"aes128gcm16\"; }",
                ["2:20: error: 'proposals' says it for each proposal: 'esn' or 'noesn'"]
            ),
            (
                "remote ::1 { exchange_mode ikev2, main; \(Sample.proposal) }\nsainfo anonymous { }",
                [
                    "2:1: error: this sainfo has no encryption_algorithm, which IKEv1 with remote '::1' needs"
                ]
            ),
            (
                "remote ::1 { exchange_mode main; \(Sample.proposal) }\nsainfo anonymous { esn off; "
                    + "encryption_algorithm aes_gcm_16; }",
                ["2:20: error: 'esn' is for IKEv2, and no remote's exchange_mode has 'ikev2'"]
            ),
            (
                "remote ::1 { exchange_mode ikev2; }\nsainfo anonymous { encryption_algorithm aes 256; "
                    + "authentication_algorithm hmac_sha256, hmac_ripemd160; }",
                ["2:1: warning: IKEv2 does not have hmac-ripemd160: not offered there"]
            ),
            (
                "remote ::1 { exchange_mode ikev2; }\nsainfo anonymous { pfs_group modp2048; "
                    + "proposals \"aes256gcm16\"; }",
                ["2:1: warning: 'proposals' says all that is offered: the other algorithms here are not used"]
            ),
        ] as [(String, [String])])
    func exactly(text: String, headlines: [String]) {
        #expect(Set(FileSet().load(text).headlines) == Set(headlines.map { "t.conf:" + $0 }))
    }
}
