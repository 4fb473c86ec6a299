import IPsec
import Negotiation
import Testing

@testable import IKEDaemon

struct DatagramRouterTests {
    @Test(arguments: [
        ([UInt8](), IKESocketPurpose.ike, DatagramRouter.Verdict.runt), ([0xff], .ike, .runt),
        ([0, 0, 0, 0, 1], .ike, .ike(markerSize: 0)), ([0xff], .natTraversal, .keepalive),
        ([0, 0, 0, 0], .natTraversal, .runt), ([], .natTraversal, .runt), ([0xfe], .natTraversal, .runt),
        ([0, 0, 0, 0, 1], .natTraversal, .ike(markerSize: 4)),
        ([0, 0, 0, 1, 1], .natTraversal, .encapsulated),
        ([0xff, 0xff, 0xff, 0xff, 0xff], .natTraversal, .encapsulated),
    ])
    func classifies(datagram: [UInt8], purpose: IKESocketPurpose, verdict: DatagramRouter.Verdict) {
        #expect(DatagramRouter.classify(datagram, purpose: purpose) == verdict)
    }

    @Test func spreadsPeersAndKeepsEachAtItsShard() {
        var counts = [Int](repeating: 0, count: 4)
        for host in 0..<4096 {
            let peer = IPAddress(family: .ipv4, value: 0x0a00_0000 + UInt128(host))
            let shard = DatagramRouter.shard(of: peer, among: 4)
            #expect(shard == DatagramRouter.shard(of: peer, among: 4))
            counts[shard] += 1
        }
        #expect(counts.allSatisfy { (800...1250).contains($0) })
    }
}

struct LogTests {
    @Test func nobodyCanForgeALine() {
        let lines = LogLines()
        Samples.log(lines).info("identity \"a\u{1b}[2J\r2026-01-01: INFO: forged\"", about: "hq\n")
        #expect(lines.all.count == 1)
        #expect(lines.all[0].hasPrefix("INFO: [hq\\u{a}] identity"))
        #expect(lines.all[0].unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }

    @Test func strangersCannotFillTheLog() {
        let lines = LogLines()
        let log = Samples.log(lines)
        for _ in 0..<1000 { log.write(Samples.report(.dropped, tunnel: nil)) }
        #expect(lines.all.count == 5)
        for _ in 0..<10 { log.write(Samples.report(.childEstablished)) }
        #expect(lines.all.count == 15)
    }

    @Test func tellsHowMuchWasKeptBack() {
        var limiter = RepeatLimiter(perKey: 1, perWindow: 10, capacity: 2)
        let start = Samples.moment(0).instant
        #expect(limiter.admit("a", now: start) == .write)
        #expect(limiter.admit("a", now: start) == .suppress)
        #expect(limiter.takeSummary(now: start) == nil)
        #expect(limiter.takeSummary(now: Samples.moment(60).instant) == 1)
        #expect(limiter.admit("a", now: Samples.moment(60).instant) == .write)
    }
}
