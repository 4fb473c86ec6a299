import CaptureFile
import ControlProtocol
import PacketAudit
import Testing

/// Lines and objects as manual page and scripts have them.
struct ReportTests {
    private static func audit() throws -> (PacketAudit, [Finding]) {
        let packets = try Samples.sealed((0..<5).map { _ in Samples.plain() }, Samples.gcm)
        var options = AuditOptions()
        options.reseals = true
        var audit = PacketAudit(Samples.stated(Samples.gcm + Samples.cbc), options)
        var altered = packets[3]
        altered.bytes[60] ^= 1
        let findings = [packets[0], packets[3], packets[3], altered].flatMap { audit.examine($0).findings }
        _ = audit.examine(Samples.plain())
        return (audit, findings)
    }

    @Test func lines() throws {
        let (audit, findings) = try Self.audit()
        let start = "2023-11-14T22:13:20.000000Z 192.0.2.1 > 192.0.2.2 ESP 0x00001001 seq"
        let inside = "10.1.0.1.1234 > 10.2.0.1.53 UDP, 37 octets, resealed identical"
        #expect(
            findings.map(\.text) == [
                "\(start) 1: ICV good, replay ok, \(inside)",
                "\(start) 4: ICV good, replay ok, 2 missing before it, \(inside)",
                "\(start) 4: ICV good, replayed, \(inside)",
                "\(start) 4: ICV bad",
            ])
        #expect(
            AuditSummary(audit).lines == [
                "ESP 0x00001001 to 192.0.2.2 (sad:1): 4 packets, 368 octets, 3 good, 1 bad, 1 replayed, "
                    + "3 resealed identical, sequence 1 to 4, 2 missing",
                "ESP 0x00001002 to 192.0.2.2 (sad:1): no packets",
                "5 packets: 1 in clear",
            ])
    }

    @Test func objects() throws {
        let (audit, findings) = try Self.audit()
        let first = try #require(findings.first?.json)
        #expect(
            first.names == [
                "type", "record", "time", "depth", "source", "destination", "protocol", "spi", "sequence",
                "icv", "replay", "missing_before", "inside", "resealed",
            ])
        #expect(first["inside"]?["destination_port"] == .integer(53))
        let summary = AuditSummary(audit).json
        #expect(summary.map { $0["type"] } == [.string("sa"), .string("sa"), .string("totals")])
        #expect(summary.first?["good"] == .integer(3))
        #expect(summary.first?["missing"] == .integer(2))
    }
}
