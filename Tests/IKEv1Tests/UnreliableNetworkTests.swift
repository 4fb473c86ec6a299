import Algorithms
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

/// Endpoints of ours over a network that loses, repeats and reorders, with what both sides may be configured to.
@Suite struct UnreliableNetworkTests {
    private static let seedsPerTest = 40
    /// Raise it to 40 after a change to renewals: 2,000 seeds in all.
    private static let longSeedsPerTest: UInt64 = 4

    private static func draw<Choice>(_ choices: [Choice], _ random: inout FixedRandom) -> Choice? {
        choices.isEmpty ? nil : choices[Int(random.next() % UInt64(choices.count))]
    }

    private static func policies(_ random: inout FixedRandom) -> (Policies, NetworkFaults) {
        var policies = Policies()
        policies.mode = random.next() % 2 == 0 ? .tunnel : .transport
        policies.encryption = draw(Choices.phaseOneCiphers, &random) ?? policies.encryption
        policies.prf = draw(Choices.phaseOneFunctions, &random) ?? policies.prf
        policies.childEncryption = draw(Choices.childCiphers, &random) ?? policies.childEncryption
        policies.childIntegrity = draw(Choices.integrity, &random) ?? policies.childIntegrity
        policies.pfsGroup = random.next() % 4 == 0 ? .ecp256 : nil
        policies.natTraversal = draw([.off, .on, .force], &random) ?? .on
        var faults = NetworkFaults(
            loss: Int(random.next() % 20), duplication: Int(random.next() % 20),
            jitter: Int(random.next() % 800))
        faults.translates = policies.natTraversal != .off && random.next() % 3 == 0
        return (policies, faults)
    }

    @Test("comes up in the end", arguments: UInt64(0)..<60)
    func comesUp(block: UInt64) {
        for seed in block * UInt64(Self.seedsPerTest)..<(block + 1) * UInt64(Self.seedsPerTest) {
            var random = FixedRandom(seed: seed ^ 0xabcdef)
            let (policies, faults) = Self.policies(&random)
            var pair = policies.pair(seed: seed, faults: faults)
            for _ in 0..<6 where !pair.reachesBothWays {
                pair.handle(.initiate(policies.request()), at: .a)
                pair.run(for: .seconds(100))
            }
            #expect(pair.reachesBothWays, "seed \(seed), \(faults), \(policies.summary)")
            #expect(pair.databases.allSatisfy { $0.associations.count <= 12 }, "seed \(seed)")
        }
    }

    /// The timers are racoon's, under which quick modes are given up by one side or both at this loss.
    @Test("one pair in the end, whatever was given up", arguments: UInt64(0)..<50)
    func convergesAfterLoss(block: UInt64) {
        for seed in block * Self.longSeedsPerTest..<(block + 1) * Self.longSeedsPerTest {
            var policies = Policies()
            policies.lifetime = .seconds(1500)
            policies.childLifetime = .seconds(900)
            policies.changePeer = { $0.rekey = .force }
            var pair = policies.pair(seed: seed)
            pair.run(policies.request(), for: 5)
            #expect(pair.reachesBothWays)
            pair.faults = NetworkFaults(loss: 20, duplication: 5, jitter: 300)
            pair.run(policies.request(), for: 3000)
            pair.faults = NetworkFaults()
            pair.run(policies.request(), for: 900)
            // The end may fall into a renewal, when one side has the new pair already.
            if !pair.shareOnePair { pair.run(policies.request(), for: 5) }
            #expect(pair.shareOnePair, "seed \(seed)")
            #expect(pair.databases.allSatisfy { $0.associations.count <= 12 }, "seed \(seed)")
        }
    }

    @Test("a matching pair at any time while both phases are rekeyed", arguments: UInt64(0)..<40)
    func rekeysUnderLoss(seed: UInt64) {
        var policies = Policies()
        policies.lifetime = .seconds(1500)
        policies.childLifetime = .seconds(900)
        policies.changePeer = { $0.rekey = .force }
        var pair = policies.pair(seed: seed)
        // An exchange that is given up takes back what the other side may use already.
        let timers = TimerPolicy(
            retransmissions: 20, interval: .seconds(1), phase1: .seconds(60), phase2: .seconds(60))
        for side in 0...1 { pair.endpoints[side].policy.timers = timers }
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.reachesBothWays)
        pair.faults = NetworkFaults(loss: 5, duplication: 10, jitter: 300)
        var broken: Instant?
        pair.run(for: .seconds(10000)) { pair in
            if broken == nil, !pair.reachesBothWays { broken = pair.now }
        }
        #expect(broken == nil, "\(pair.reports[0].suffix(10))")
        #expect(pair.reports[0].count { $0.kind == .childRekeyed } >= 8)
        #expect(pair.reports[0].count { $0.kind == .ikeEstablished } >= 5)
        #expect(pair.databases.allSatisfy { $0.associations.count <= 8 })
    }
}

/// What the catalogue holds, as combinations for one test each.
enum Choices {
    static let phaseOneCiphers = ciphers { $0.ikev1Phase1 != nil }
    static let phaseOneFunctions = Catalogue.pseudorandomFunctions.filter { $0.ikev1Hash != nil }
    static let integrity = Catalogue.integrity.filter { !$0.keywords.isEmpty }
    /// Every child cipher, and every integrity algorithm with AES-CBC.
    static let childSuites =
        childCiphers.map { ($0, IntegrityAlgorithm.hmacSHA256) }
        + integrity.map { (CipherChoice(.aesCBC, keyBits: 256), $0) }
    static let childCiphers = ciphers { $0.ikev1ESP != nil }

    private static func ciphers(_ isWanted: (EncryptionAlgorithm) -> Bool) -> [CipherChoice] {
        Catalogue.encryption.filter { isWanted($0) && !$0.keywords.isEmpty }.flatMap { algorithm in
            let lengths = algorithm.keyLengths
            return Set([lengths.minimum, algorithm.defaultKeyLength, lengths.maximum]).sorted().map {
                CipherChoice(algorithm, keyBits: $0)
            }
        }
    }
}

extension Policies {
    var summary: String {
        "\(mode) \(encryption) \(prf) \(childEncryption) \(childIntegrity) \(String(describing: pfsGroup)) "
            + "\(natTraversal)"
    }
}

extension TwoEndpoints {
    /// Runs for some seconds; A asks for its tunnel whenever it has none, as its supervisor would.
    mutating func run(_ request: ChildRequest, for seconds: Int) {
        for _ in 0..<seconds / 5 {
            if current(.a).isEmpty { handle(.initiate(request), at: .a) }
            run(for: .seconds(5))
        }
    }

    func current(_ side: Side) -> [ChildSAStatus] {
        endpoints[side.rawValue].status().childSAs.filter(\.isCurrent)
    }

    /// Whether both sides send through the same pair, and through no other.
    var shareOnePair: Bool {
        let (a, b) = (current(.a), current(.b))
        guard let first = a.first, let second = b.first, a.count == 1, b.count == 1 else { return false }
        return first.inbound == second.outbound && first.outbound == second.inbound && reachesBothWays
    }

    var reachesBothWays: Bool {
        databases[0].reaches(databases[1]) && databases[1].reaches(databases[0])
    }
}
