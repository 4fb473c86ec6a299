import IPsec
import SourceText
import Testing

@testable import SetkeyScript

/// What is said about statements that are wrong, weak or without effect.
@Suite struct MessageTests {
    @Test(
        arguments: [
            ("ad ::1 ::2 esp 300 -E null;", "1:1: error: unknown statement 'ad'; did you mean 'add'?"),
            (
                "add ::1 ::2 epsp 300 -E null;",
                "1:13: error: expected a protocol: 'esp', 'esp-udp', 'ah' or 'ipcomp', found 'epsp'; did you mean 'esp'?"
            ),
            (
                "add ::1 ::2 esp 0x100001234 -E null;",
                "1:17: error: an SPI is 0x100001234, expected 0 to 4294967295"
            ),
            (
                "add ::1 ::2 esp 255 -E null;",
                "1:17: error: the SPI 255 is reserved (RFC 4303 section 2.1), expected 256 to 4294967295"
            ),
            ("add ::1 ::2 esp abc -E null;", "1:17: error: expected an SPI, found 'abc'"),
            (
                "add ::1 ::2 300 -E null;",
                "1:13: error: the SA's protocol is missing: 'esp', 'ah' or 'ipcomp'"
            ),
            (
                "add ::1 ::2 esp 300;",
                "1:1: error: esp lacks its cipher, such as -E aes-gcm-16 KEY; '-E null' is no encryption"
            ),
            (
                "add ::1 ::2 ah 300;",
                "1:1: error: ah lacks its algorithm and key, such as -A hmac-sha256 KEY"
            ),
            ("add ::1 ::2 ah 300 -A null;", "1:23: error: ah without integrity protects nothing"),
            (
                "add ::1 ::2 ah 300 -E null;",
                "1:23: error: '-E' is for esp: ah does not encrypt"
            ),
            ("add ::1 ::2 ipcomp 3;", "1:1: error: ipcomp lacks its algorithm, such as -C deflate"),
            (
                "add ::1 ::2 ipcomp 3 -C oui;",
                "1:25: error: Linux has no compression 'oui'; use deflate"
            ),
            (
                "add ::1 ::2 ipcomp 65536 -C deflate;",
                "1:20: error: a CPI has 16 bits, found 65536; expected 1 to 65535"
            ),
            (
                "add ::1 ::2 esp-old 300 -E null;",
                "1:1: error: 'esp-old' (RFC 1827) is not in Linux; write 'esp'"
            ),
            (
                "add ::1 ::2 ah-old 300 -r 4 -A null;",
                "1:24: error: 'ah-old' has no sequence numbers, so that replay cannot be prevented"
            ),
            (
                "add ::1 ::2 tcp 0x1000 -A hmac-md5 \"0123456789abcdef\";",
                "1:1: error: 'tcp' (TCP MD5 signatures) is BSD's: on Linux the program sets TCP_MD5SIG on its socket"
            ),
            (
                "add ::1 ::2 esp 300 -E aes-cbc 0x1234;",
                "1:32: error: this key has 16 bits; a key for aes-cbc has 128, 192 or 256 bits"
            ),
            (
                "add ::1 ::2 esp 300 -E aes-gcm-16 0x00112233445566778899aabbccddeeff;",
                "1:35: error: this key has 128 bits; a key for aes-gcm-16 has 160, 224 or 288 bits, "
                    + "the last 32 of which are the salt"
            ),
            (
                "add ::1 ::2 esp 300 -E blowfish-cbc \"abc\";",
                "1:37: error: this key has 24 bits; a key for blowfish-cbc has 40 to 448 in steps of 8 bits"
            ),
            (
                "add ::1 ::2 esp 300 -E aes-cbc 0x12345g;",
                "1:32: error: the key for aes-cbc has other characters than hexadecimal digits"
            ),
            (
                "add ::1 ::2 esp 300 -E aes-cbc -A null;",
                "1:32: error: expected a key for aes-cbc, in quotes or hexadecimal behind 0x, found '-A'"
            ),
            ("add ::1 ::2 esp 300 -E null 0x1234;", "1:29: error: null takes no key"),
            (
                "add ::1 ::2 esp 300 -E ase-cbc 0x00;",
                "1:24: error: unknown cipher 'ase-cbc'; did you mean 'aes-cbc'?"
            ),
            (
                "add ::1 ::2 esp 300 -E des-32iv \"12345678\";",
                "1:24: error: cipher 'des-32iv' (RFC 1829) is not in Linux; use aes-gcm-16"
            ),
            (
                "add ::1 ::2 ah 300 -A keyed-md5 \"0123456789abcdef\";",
                "1:23: error: Linux never had 'keyed-md5' (RFC 1828); use hmac-sha256"
            ),
            (
                "add ::1 ::2 esp 300 -E aes-gmac 0x00112233445566778899aabbccddeeff00112233 "
                    + "-A hmac-sha1 \"01234567890123456789\";",
                "1:79: error: aes-gmac protects integrity itself: leave '-A' out"
            ),
            ("add ::1 ::2 esp 300 -E null -E null;", "1:29: error: there is a '-E' already"),
            (
                "add ::1 ::2 esp 300 -M tunnel;",
                "1:21: error: expected an extension such as '-m' or '-E', or ';', "
                    + "found '-M'; did you mean '-m'?"
            ),
            (
                "add ::1 ::2 esp 300 -m tunel -E null;",
                "1:24: error: expected a mode: 'transport', 'tunnel', 'beet' "
                    + "or 'any', found 'tunel'; did you mean 'tunnel'?"
            ),
            (
                "add ::1 ::2 esp 300 -o if_di=3 -E null;",
                "1:24: error: unknown option 'if_di'; did you mean 'if_id'?"
            ),
            ("add ::1 ::2 esp 300 -o mark=x -E null;", "1:24: error: expected -o mark=VALUE/MASK, found 'x'"),
            ("add ::1 ::2 esp 300 -o esn=1 -E null;", "1:24: error: 'esn' is a switch: it takes no value"),
            (
                "add ::1 ::2 esp 300 -o icv=96 -E null;",
                "1:24: error: this SA has no ICV whose length '-o icv' could say"
            ),
            (
                "add ::1 ::2 esp 300 -esp_frag 500 -E null;",
                "1:21: error: '-esp_frag' is for esp-udp alone"
            ),
            (
                "add ::1 ::2 ah 300 -A \"0123456789abcdef\";",
                "1:23: error: expected an integrity algorithm by name, found a string; "
                    + "in quotes only the kernel's own names stand, as \"cbc(aes)\""
            ),
            (
                "get ::1 ::2 esp 300 -E null;",
                "1:21: error: '-E' is for 'add': this statement only names an SA"
            ),
            (
                "add gone.example ::2 esp 300 -E null;",
                "1:5: error: expected an address, found 'gone.example'; no server knows that name"
            ),
            (
                "add -n gw.example ::2 esp 300 -E null;",
                "1:8: error: expected an address, found 'gw.example'; '-n' looks no names up"
            ),
            ("add -4 ::1 ::2 esp 300 -E null;", "1:8: error: '-4' asks for IPv4, ::1 is of the other family"),
            (
                "add ::1 10.0.0.1 esp 300 -E null;",
                "1:9: error: source and destination are of different families, IPv4 and IPv6"
            ),
            ("add fe80::1%eth9 fe80::2 esp 300 -E null;", "1:5: error: there is no network interface 'eth9'"),
            (
                "add 10.0.0.256 10.0.0.1 esp 300 -E null;",
                "1:5: error: expected the source, an address or host "
                    + "name, found '10.0.0.256'"
            ),
            (
                "spdadd tagged \"x\" -P out none;",
                "1:8: error: Linux has no policies by packet tag; select packets by address"
            ),
            (
                "spdadd ::1[telnot] ::2 tcp -P out none;",
                "1:8: error: the port 'telnot' has no number here; write [NUMBER] or [any]"
            ),
            (
                "spdadd ::1 ::2 tpc -P out none;",
                "1:16: error: expected an upper protocol such as 'any', 'tcp', 'icmp6' or a number, found 'tpc'; "
                    + "did you mean 'tcp'?"
            ),
            (
                "spdadd ::1 ::2 any -P out # none;\n;",
                "1:23: error: this policy says no action; expected 'ipsec', "
                    + "'none' or 'discard' after the direction"
            ),
            (
                "flush esq;",
                "1:7: error: expected a protocol: 'esp', 'esp-udp', 'ah' or 'ipcomp', found 'esq'; "
                    + "did you mean 'esp'?"
            ),
            ("spdflush 1;", "1:10: error: expected ';', found '1'"),
        ])
    func errors(text: String, headline: String) {
        #expect(Samples.run(text).headlines == ["f:" + headline])
    }

    @Test func weaknessIsSaidOncePerFile() {
        let key = "\"0123456789abcdef\""
        let (actions, headlines) = Samples.run(
            "add ::1 ::2 ah 300 -A hmac-md5 \(key);\nadd ::1 ::2 ah 301 -A hmac-md5 \(key);\n"
                + "add ::1 ::2 esp 302 -m any -f zero-pad -lh 5 -ls 6 -E aes-cbc \(key);")
        #expect(actions.count == 3)
        #expect(
            headlines == [
                "f:1:23: warning: 'hmac-md5' is weak: MD5 is broken (RFC 8221); use hmac-sha256",
                "f:3:55: warning: encryption without integrity can be undone by who changes packets; add -A or use aes-gcm-16",
                "f:3:1: notice: '-f zero-pad' has no effect: padding counts up (RFC 4303 section 2.4)",
                "f:3:1: warning: the soft lifetime is beyond the hard one, so that it never comes",
            ])
    }

    @Test func whatHasNoEffectIsSaid() {
        let headlines = Samples.run(
            """
            add ::1[5] ::2 esp 300 -E null;
            get ::1 ::2 esp 300 -m tunnel;
            delete ::1 ::2 esp 300 -o mark=3;
            add fe80::1%eth0 fe80::2 ah 300 -A hmac-sha256-96 "0123456789abcdef0123456789abcdef";
            """
        ).headlines
        #expect(
            headlines == [
                "f:1:27: warning: neither encryption nor integrity: this SA protects nothing; add -A or use aes-gcm-16",
                "f:1:1: notice: ports have no effect here: only SAs of esp-udp have some",
                "f:2:1: notice: of the extensions only '-o mark' has an effect here: they do not name an SA",
                "f:4:1: notice: the interface behind '%' has no effect: SAs are found by address",
            ])
    }

    @Test func settingsWaiveAndTruncate() {
        var settings = ScriptSettings()
        settings.reservedSPIs = .allowed
        settings.sha256Truncation = .bits96
        let key = "0x" + String(repeating: "0", count: 64)
        let icvs = Samples.entries(
            "add ::1 ::2 ah 5 -A hmac-sha256 \(key); add ::1 ::2 ah 6 -A hmac-sha256 \(key) -o icv=128;",
            settings
        )
        .map { entry in
            if case .ah(let integrity) = entry.transform { integrity.icvBits } else { 0 }
        }
        #expect(icvs == [96, 128])
    }

    @Test(
        arguments: [
            (
                "add ::1 ::2 esp 300 -E aes-cbc 0x0123456789abcdef01;",
                "add ::1 ::2 esp 300 -E aes-cbc ********************;"
            ),
            ("add ::1 ::2 esp 300 -E aes-cbc 0x01;", "add ::1 ::2 esp 300 -E aes-cbc ****;"),
            ("add ::1 ::2 xsp 300 -E aes-cbc \"a # \n b;\" x;", "add ::1 ::2 xsp 300 -E aes-cbc \"****"),
            (
                "add ::1 ::2 esp 300 -E aes-cbc \"a\" 0x0123456789;",
                "add ::1 ::2 esp 300 -E aes-cbc \"*\" ************;"
            ),
            (
                "add ::1 ::2 ah 300 -A hmac-md5 -E \"secret\";",
                "add ::1 ::2 ah 300 -A hmac-md5 -E \"******\";"
            ),
        ])
    func keysAreNotShown(text: String, shown: String) {
        let diagnostics = StatementParser.parse(SourceFile(name: "f", text: text)).diagnostics
        let lines = diagnostics.rendered.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines.dropFirst().first.map(String.init) == "    " + shown)
    }

    @Test func aKeyOverSeveralLinesIsNotShownWhereItEnds() {
        let text = "add ::1 ::2 esp 300 -E aes-cbc \"first no\nseconds\" wrong;"
        let rendered = StatementParser.parse(SourceFile(name: "f", text: text)).diagnostics.rendered
        #expect(!rendered.contains("second"))
        #expect(rendered.contains("    *******\" wrong;\n             ^~~~~"))
    }

    @Test func readingGoesOnBehindAnError() {
        let file = SourceFile(name: "f", text: "flush x;\nspdflush;\n\"unclosed\";spddump;dump \"")
        let (statements, diagnostics) = StatementParser.parse(file)
        #expect(statements.map(\.keyword) == ["spdflush", "spddump"])
        #expect(diagnostics.map(\.line) == [1, 3, 3])
    }

    /// Once for a statement, however many requests have ports.
    @Test(
        arguments: [
            ("192.0.2.1[4500]-192.0.2.2[4500]", 1), ("192.0.2.1[any]-192.0.2.2[4500]", 1),
            ("192.0.2.1[0]-192.0.2.2[any]", 0), ("192.0.2.1-192.0.2.2", 0),
        ])
    func portsOfATunnelAreToldToHaveNoEffect(ends: String, count: Int) {
        let request = "esp/tunnel/\(ends)/require"
        let said = Samples.run("spdadd ::/0 ::/0 any -P in ipsec \(request) \(request);").headlines
        #expect(
            said
                == Array(
                    repeating:
                        "f:1:1: notice: the ports of the tunnel's ends have no effect here: XFRM's templates "
                        + "carry none; encapsulation in UDP belongs to the SA ('add ... esp-udp')",
                    count: count))
    }
}
