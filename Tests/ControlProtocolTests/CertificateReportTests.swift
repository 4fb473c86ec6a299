import Calendar
import ControlProtocol
import Testing

struct CertificateReportTests {
    private var report: CertificateReport {
        var own = CertificateRecord(role: "own", file: "/c/a.pem", status: "good (CRL until x)")
        own.subject = "CN=a\u{1b}[2J"
        own.issuer = "CN=root"
        own.serial = "01:AB"
        own.key = "Ed25519"
        own.names = ["a.example.org", "192.0.2.1"]
        own.from = Timestamp(seconds: 0)
        own.until = Timestamp(seconds: 86400)
        own.fingerprint = "AA:BB"
        own.users = ["west", "east"]
        return CertificateReport(
            certificates: [own, CertificateRecord(role: "peer", file: "/c/k", status: "good")],
            problems: ["/c/b.pem cannot be read"])
    }

    @Test func isReadAsItWasWritten() throws {
        let reply = ControlReply.certificates(report)
        #expect(try ControlReply(line: Array(reply.line.dropLast())) == reply)
        let request = ControlRequest.certificates
        #expect(try ControlRequest(line: JSONWriter.octets(request.json)) == request)
    }

    @Test func isShownInColumns() {
        let lines = CertificateText.render(report).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 7)
        #expect(lines[0].hasPrefix("ROLE  SUBJECT"))
        #expect(lines[1].hasPrefix("own   CN=a\\u{1b}[2J  a.example.org, 192.0.2.1  Ed25519  1970-01-02"))
        #expect(lines[1].hasSuffix("west, east  /c/a.pem"))
        #expect(lines[2].contains("(a key alone)"))
        #expect(lines[4] == "PROBLEMS" && lines[5] == "/c/b.pem cannot be read")
        let empty = CertificateText.render(CertificateReport(certificates: [], problems: []))
        #expect(empty == "No certificates and no keys are in use.\n")
    }
}
