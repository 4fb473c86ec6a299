import IKEConfiguration
import Negotiation
import Testing

/// Bad configurations and exactly what is said of them.
@Suite struct DiagnosticsTests {
    @Test(
        arguments: [
            (
                "remot anonymous { }",
                ["1:1: error: unknown statement 'remot' at the top level; did you mean 'remote'?"]
            ),
            ("timer { counter 101; }", ["1:17: error: number of retransmissions is 101, expected 0 to 100"]),
            (
                "timer { interval 10 secconds; }",
                [
                    "1:21: error: expected a unit, 'sec', 'min' or 'hour', found 'secconds'; did you mean 'seconds'?"
                ]
            ),
            ("log info", ["1:9: error: expected ';' before the end of the file"]),
            ("log info\npath include \"x\";", ["1:9: error: expected ';' after 'log'"]),
            ("log info; log debug;", ["1:11: error: 'log' is given twice at the top level, first on line 1"]),
            ("listen {", ["1:8: error: this '{' has no '}'"]),
            ("}", ["1:1: error: this '}' has no '{' before it"]),
            ("path include \"x;", ["1:14: error: this string has no closing '\"' on its line"]),
            ("include \"none\";", ["1:9: error: no file matches 'none'"]),
            ("include \"t.conf\";", ["1:9: error: this include is a loop: t.conf -> t.conf"]),
            (
                Sample.remote + Sample.remote,
                ["2:1: error: a remote '192.0.2.2' is there already, at t.conf:1"]
            ),
            (
                Sample.sainfo + Sample.sainfo,
                ["2:1: error: an sainfo for the same is there already, at t.conf:1"]
            ),
            (
                Sample.remote + Sample.sainfo
                    + "tunnel \"a\" { remote 192.0.2.3; local_net ::1; remote_net ::2; }",
                ["3:21: error: there is no remote \"192.0.2.3\"; did you mean '192.0.2.2'?"]
            ),
        ] as [(String, [String])])
    func exactly(text: String, headlines: [String]) {
        let files = FileSet(files: ["t.conf": text])
        #expect(Set(files.load(text).headlines) == Set(headlines.map { "t.conf:" + $0 }))
    }

    @Test func aTunnelWithoutAnSainfoIsShownTheOneToAdd() {
        let tunnel =
            "tunnel \"a\" { remote 192.0.2.2; local_net 10.1.0.0/24; remote_net 10.2.0.0/24[80] tcp; }"
        let headlines = FileSet().load(Sample.remote + tunnel).headlines
        #expect(headlines.count == 1)
        let other = FileSet().load(Sample.remote + tunnel.replacing("[80] tcp", with: "")).headlines
        let sainfo =
            "sainfo address 10.1.0.0/24 any address 10.2.0.0/24 any "
            + "{ encryption_algorithm aes 256; authentication_algorithm hmac_sha256; }"
        #expect(other == ["t.conf:2:1: error: tunnel \"a\" has no sainfo; add: \(sainfo)"])
        #expect(
            FileSet().load(Sample.remote + sainfo + tunnel.replacing("[80] tcp", with: "")).headlines.isEmpty)
    }

    @Test func sainfosAreTriedByWeight() {
        let body = "{ encryption_algorithm aes_gcm_16; }"
        let local = "address 10.1.0.0/24 any"
        let text =
            "sainfo anonymous \(body)\nsainfo \(local) anonymous \(body)\nsainfo \(local) clientaddr \(body)\n"
            + "sainfo anonymous from fqdn \"x\" \(body)\nsainfo anonymous clientaddr \(body)"
        let children = FileSet().load(text).configuration?.policy.children
        #expect(children?.map(\.origin) == [4, 3, 2, 5, 1].map { "t.conf:\($0)" })
    }

    @Test func aChildReplacesWhatItStates() {
        let text =
            Sample.remote.replacing("exchange_mode", with: "dpd_delay 9; exchange_mode")
            + "remote anonymous inherit 192.0.2.2 { nonce_size 20; }"
        let peer = FileSet().load(text).configuration?.policy.peers.last
        #expect(peer?.name == "anonymous")
        #expect(peer?.proposals.count == 1)
        #expect(peer?.nonceSize == 20)
        #expect(peer?.deadPeerDetection.delay == .seconds(9))
    }
}
