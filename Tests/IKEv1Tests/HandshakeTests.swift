import Algorithms
import IPsec
import KeyMaterial
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

/// Main mode and quick mode between two endpoints of ours.
@Suite struct HandshakeTests {
    @Test(arguments: [EncapsulationMode.tunnel, .transport], [nil, KeyExchangeMethod.ecp256])
    func establishes(mode: EncapsulationMode, pfs: KeyExchangeMethod?) {
        var policies = Policies()
        policies.mode = mode
        policies.pfsGroup = pfs
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.databases[0].reaches(pair.databases[1]), "\(pair.reports)")
        #expect(pair.databases[1].reaches(pair.databases[0]), "\(pair.reports)")
        #expect(
            pair.databases[0].associations.values.allSatisfy { $0.encapsulation == nil && $0.requestID == 7 })
        // Six, three, and the INITIAL-CONTACT of the responder.
        #expect(pair.sent.count == 10)
    }

    /// The initiator's message 5 would come within 10 ms of KE, Nr; without keys it would be lost.
    @Test(arguments: [Duration.milliseconds(200), .seconds(2)], [NetworkSide.a, .b])
    func waitsForTheKeys(delay: Duration, side: NetworkSide) {
        let policies = Policies()
        var pair = policies.pair(seed: 1)
        pair.keyDelays[side.rawValue] = delay
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: delay - .milliseconds(20))
        #expect(pair.sent.count == (side == .a ? 4 : 3))
        pair.run(for: .seconds(1))
        #expect(pair.reachesBothWays, "\(pair.reports)")
        pair.run(for: .seconds(60))
        #expect(pair.sent.count == 10)
    }

    @Test func encapsulatesBehindNAT() {
        let policies = Policies()
        var pair = policies.pair(seed: 1, faults: NetworkFaults(translates: true))
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.databases[0].reaches(pair.databases[1]), "\(pair.reports)")
        #expect(pair.databases[1].reaches(pair.databases[0]), "\(pair.reports)")
        let outbound = pair.databases[1].associations.values.first { $0.direction == .outbound }
        #expect(outbound?.encapsulation == UDPEncapsulation(sourcePort: 4500, destinationPort: 14500))
    }

    @Test func forcedEncapsulation() {
        var policies = Policies()
        policies.natTraversal = .force
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.databases[0].reaches(pair.databases[1]), "\(pair.reports)")
        #expect(pair.databases[1].associations.values.allSatisfy { $0.encapsulation != nil })
    }

    @Test func shutDownLeavesNothing() {
        let policies = Policies()
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        pair.handle(.shutDown, at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        #expect(pair.endpoints[1].status() == EndpointStatus())
    }

    @Test(arguments: UInt64(0)..<300)
    func survivesTheNetwork(seed: UInt64) {
        var policies = Policies()
        policies.mode = seed % 2 == 0 ? .tunnel : .transport
        policies.pfsGroup = seed % 3 == 0 ? .ecp256 : nil
        let faults = NetworkFaults(loss: 10, duplication: 10, jitter: 300, translates: seed % 5 == 0)
        var pair = policies.pair(seed: seed, faults: faults)
        for _ in 0..<5 where !pair.databases[0].reaches(pair.databases[1]) {
            pair.handle(.initiate(policies.request()), at: .a)
            pair.run(for: .seconds(100))
        }
        #expect(pair.databases[0].reaches(pair.databases[1]))
        #expect(pair.databases[1].reaches(pair.databases[0]))
    }

    @Test(arguments: UInt64(0)..<20)
    func rekeysWithoutLosingAPacket(seed: UInt64) {
        var policies = Policies()
        policies.changePeer = { $0.rekey = .force }
        policies.lifetime = .seconds(9000)
        var pair = policies.pair(seed: seed)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        var isBroken = false
        pair.run(for: .seconds(40000)) { pair in
            let reaches = pair.databases[0].reaches(pair.databases[1])
            if !reaches || !pair.databases[1].reaches(pair.databases[0]) { isBroken = true }
        }
        #expect(!isBroken, "\(pair.reports[0].suffix(10))")
        #expect(pair.reports[0].contains { $0.kind == .childRekeyed })
        #expect(pair.databases[0].associations.count <= 4)
    }

    @Test func tellsAWrongKey() {
        let policies = Policies()
        var pair = policies.pair(seed: 1)
        pair.secrets[1] = SecretKey(copying: [1, 2, 3])
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(100))
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        #expect(
            pair.reports[1].contains { $0.sentence.contains("pre-shared keys differ") }, "\(pair.reports)")
        #expect(pair.reports[0].contains { $0.kind == .negotiationFailed }, "\(pair.reports)")
        #expect(pair.endpoints.allSatisfy { $0.status() == EndpointStatus() })
    }

    @Test func comparesOffersThatDoNotFit() {
        let policies = Policies()
        var other = Policies()
        other.encryption = CipherChoice(.aesCBC, keyBits: 256)
        other.group = .modp1024
        var pair = TwoEndpoints(policies.policy(.a), other.policy(.b), seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(100))
        let report = pair.reports[1].first { $0.sentence.contains("no phase 1 proposal chosen") }
        #expect(report?.details.contains { $0.contains("aes-cbc-128") && $0.contains("differs") } == true)
        #expect(pair.reports[0].contains { $0.sentence.contains("NO-PROPOSAL-CHOSEN") }, "\(pair.reports)")
    }

    @Test func tellsASelectorMismatch() {
        let policies = Policies()
        var pair = policies.pair(seed: 1)
        var request = policies.request()
        request.local = TrafficSelector(IPPrefix(host: NetworkSide.addressA))
        pair.handle(.initiate(request), at: .a)
        pair.run(for: .seconds(100))
        let report = pair.reports[1].first { $0.sentence.contains("which no tunnel or policy does") }
        #expect(report?.details.first?.contains("hq") == true, "\(pair.reports)")
        #expect(pair.reports[0].contains { $0.sentence.contains("INVALID-ID-INFORMATION") })
    }

    @Test func findsADeadPeer() {
        var policies = Policies()
        policies.changePeer = { $0.deadPeerDetection.delay = .seconds(10) }
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(120))
        #expect(pair.databases[0].reaches(pair.databases[1]))
        pair.faults.loss = 100
        pair.run(for: .seconds(120))
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty }, "\(pair.reports)")
    }

    @Test func boundsHalfOpenExchanges() {
        let policies = Policies()
        var policy = policies.policy(.b)
        policy.limits = FloodLimits(halfOpen: 50, halfOpenPerAddress: 10)
        var pair = TwoEndpoints(policies.policy(.a), policy, seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        guard let (_, first, path) = pair.sent.first else {
            Issue.record("nothing was sent")
            return
        }
        for number in 0..<1000 {
            var datagram = first
            datagram[0] = UInt8(truncatingIfNeeded: number >> 8) | 1
            datagram[1] = UInt8(truncatingIfNeeded: number)
            let remote = Endpoint(
                IPAddress(family: .ipv4, value: UInt128(0x0a00_0000 + number / 100)), port: 500)
            pair.handle(.datagram(datagram, Path(local: path.remote, remote: remote)), at: .b)
        }
        #expect(pair.endpoints[1].status().ikeSAs.count == 50)
        pair.run(for: .seconds(60))
        #expect(pair.endpoints[1].status().ikeSAs.count <= 1)
    }

    @Test func dropsReplayedAndReflected() {
        let policies = Policies()
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        let status = pair.endpoints.map { $0.status().childSAs.count }
        let count = pair.sent.count
        for (from, datagram, path) in pair.sent {
            pair.handle(.datagram(datagram, Path(local: path.remote, remote: path.local)), at: from.other)
            pair.handle(.datagram(datagram, path), at: from)
        }
        #expect(pair.endpoints.map { $0.status().childSAs.count } == status)
        #expect(pair.sent.count <= 2 * count)
        #expect(pair.databases[0].associations.count == 2)
    }
}
