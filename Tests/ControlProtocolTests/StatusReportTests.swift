import Calendar
import Testing

@testable import ControlProtocol

struct StatusReportTests {
    static let report: StatusReport = {
        var ike = IKESARecord(
            version: 1, role: "initiator", state: "established", local: "192.0.2.1[500]",
            remote: "192.0.2.2[500]")
        ike.remoteID = "gateway.example.org"
        ike.credential = "certificate \"CN=gw\""
        ike.revocationPolicy = "ifuri"
        ike.revocation = "good (OCSP)\u{1b}"
        ike.encryption = "aes-cbc-256"
        ike.established = Timestamp(seconds: 1_795_232_809)
        var child = ChildSARecord(
            tunnel: "hq", protocol: "esp", mode: "tunnel", encapsulation: "none", spiIn: "0x00001001",
            spiOut: "0x00002002", encryption: "aes-gcm-16-128", integrity: nil, rekeyAt: nil)
        child.compression = "deflate"
        child.cpiIn = "0x0000a001"
        child.cpiOut = "0x0000b002"
        child.takesFlowPadding = false
        child.bytesIn = 84
        child.packetsIn = 1
        return StatusReport(
            tunnels: [
                TunnelRecord(
                    name: "hq", state: .onDemand, reason: "waits\nfor \u{1b}[2J", since: Timestamp(seconds: 0)
                )
            ], ikeSAs: [ike], childSAs: [child],
            drops: [DropRecord(name: "unknown_spi", sentence: "No inbound SA has it.", count: 12)])
    }()

    @Test func survivesTheWay() throws {
        let reply = ControlReply.status(Self.report)
        let line = reply.line
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(line.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(try ControlReply(line: Array(line.dropLast())) == reply)
    }

    @Test func hasExactlyTheKeysPromised() throws {
        let json = Self.report.json
        #expect(json.names == ["tunnels", "ike_sas", "child_sas", "drops"])
        #expect(json["drops"]?.array?.first?.names == ["name", "sentence", "count"])
        #expect(json["tunnels"]?.array?.first?.names == ["name", "state", "reason", "details", "since"])
        #expect(
            json["ike_sas"]?.array?.first?.names == [
                "version", "role", "state", "local", "remote", "local_id", "remote_id",
                "credential", "revocation_policy", "revocation", "encryption", "integrity",
                "prf", "key_exchange", "established", "rekey_at",
            ])
        #expect(
            json["child_sas"]?.array?.first?.names == [
                "tunnel", "protocol", "mode", "encapsulation", "spi_in", "spi_out", "encryption", "integrity",
                "compression", "cpi_in", "cpi_out", "takes_tfc_padding", "bytes_in", "bytes_out",
                "packets_in", "packets_out", "rekey_at",
            ])
    }

    @Test func isReadableAndHarmlessAsText() {
        let text = StatusText.render(Self.report)
        #expect(text.contains("on demand"))
        #expect(text.contains("192.0.2.2[500] gateway.example.org"))
        #expect(text.contains("1/84"))
        #expect(
            text.contains(
                "\nhq 0x00001001 is compressed by deflate, CPI 0x0000a001 in, 0x0000b002 out\n"))
        #expect(text.contains("192.0.2.2[500] is believed by certificate \"CN=gw\""))
        #expect(text.contains("  revocation ifuri: good (OCSP)"))
        #expect(!text.unicodeScalars.contains("\u{1b}"))
        let lines = text.split(separator: "\n")
        #expect(lines[0].split(separator: " ").first == "TUNNEL")
        #expect(lines[1].hasPrefix("hq      on demand  1970-01-01 00:00:00  waits\\u{a}for"))
    }

    @Test func tellsOfCompressionWhereItIsWanted() {
        var report = Self.report
        report.childSAs[0].cpiIn = nil
        report.childSAs[0].cpiOut = nil
        report.childSAs[0].compression = "declined"
        #expect(StatusText.render(report).contains("hq 0x00001001 is not compressed: the peer"))
        report.childSAs[0].compression = nil
        #expect(!StatusText.render(report).contains("compressed"))
    }

    @Test func tellsOfDropsOnlyWhereThereAreAny() {
        var report = Self.report
        let text = StatusText.render(report)
        #expect(text.contains("\n\nDROPPED"))
        #expect(text.contains("unknown_spi  12       No inbound SA has it.\n"))
        report.drops = []
        #expect(text.hasPrefix(StatusText.render(report)))
        #expect(!StatusText.render(report).contains("DROPPED"))
    }

    @Test(arguments: ["{}", #"{"version":1}"#, #"{"version":1,"status":{}}"#, #"{"version":2,"done":[]}"#])
    func refusesOtherAnswers(line: String) {
        #expect(throws: ControlFailure.self) { try ControlReply(line: Array(line.utf8)) }
    }

    @Test(arguments: ControlFailure.Kind.allCases)
    func carriesFailures(kind: ControlFailure.Kind) throws {
        let reply = ControlReply.failed(ControlFailure(kind, "a\nb"))
        #expect(try ControlReply(line: Array(reply.line.dropLast())) == reply)
        #expect((64...78).contains(kind.exitStatus))
    }
}
