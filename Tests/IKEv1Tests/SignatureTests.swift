import Algorithms
import Cryptography
import IPsec
import ISAKMP
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

@Suite("main mode with RSA signatures (RFC 2409 section 5.1)")
struct SignatureTests {
    private var policies: Policies {
        var policies = Policies()
        policies.authentication = .rsaSignature
        policies.changePeer = { $0.requestedAuthorities = [[UInt8](repeating: 7, count: 20)] }
        return policies
    }

    private func pair(seed: UInt64, faults: NetworkFaults = NetworkFaults()) throws -> TwoEndpoints {
        var pair = policies.pair(seed: seed, faults: faults)
        pair.privateKeys = [
            try PrivateKey.generate(.rsa(bits: 2048)), try PrivateKey.generate(.rsa(bits: 2048)),
        ]
        // Nothing of it comes from a shared secret.
        pair.secrets = [nil, nil]
        return pair
    }

    private func isUp(_ pair: TwoEndpoints) -> Bool {
        pair.endpoints.allSatisfy { endpoint in
            let status = endpoint.status()
            return status.ikeSAs.map(\.state) == ["established"] && status.childSAs.count == 1
        }
    }

    @Test("both sides sign, at once or after a while", arguments: [0, 1, 2])
    func established(slow: Int) throws {
        var pair = try pair(seed: 1)
        if slow < 2 { pair.keyDelays[slow] = .seconds(5) }
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(30))
        #expect(isUp(pair))
        #expect(pair.databases[0].reaches(pair.databases[1]))
    }

    @Test(
        "who asks for certificates of no authority by name, and the block that takes it",
        arguments: [true, false])
    func emptyRequest(first: Bool) throws {
        var responder = policies.policy(.b)
        var other = responder.peers[0]
        other.name = "other"
        responder.peers[0].matchesEmptyRequest = first
        responder.peers.append(other)
        var pair = TwoEndpoints(policies.policy(.a), responder, seed: 4)
        pair.privateKeys = [
            try PrivateKey.generate(.rsa(bits: 2048)), try PrivateKey.generate(.rsa(bits: 2048)),
        ]
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.endpoints[1].status().ikeSAs.map(\.peer) == [first ? "peer" : "other"])
        #expect(pair.endpoints[1].status().ikeSAs.map(\.state) == ["established"])
    }

    @Test("a NAT between them, and a network that loses and repeats", arguments: UInt64(0)..<10)
    func unreliable(seed: UInt64) throws {
        var pair = try pair(
            seed: seed, faults: NetworkFaults(loss: 10, duplication: 30, jitter: 30, translates: true))
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(120))
        pair.faults = NetworkFaults(translates: true)
        if !isUp(pair) { pair.handle(.initiate(policies.request()), at: .a) }
        pair.run(for: .seconds(60))
        #expect(isUp(pair))
    }

    @Test("a signature of another key is refused by whoever sees it", arguments: [0, 1])
    func stranger(side: Int) throws {
        var pair = try pair(seed: 3)
        pair.believed = pair.privateKeys.map { $0?.publicKey }
        pair.privateKeys[side] = try PrivateKey.generate(.rsa(bits: 2048))
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(60))
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        #expect(
            pair.reports[1 - side].contains {
                $0.kind == .negotiationFailed && $0.sentence.contains("another key than the peer's")
            })
    }

    @Test("a side without a key says so and gives up", arguments: [0, 1])
    func keyless(side: Int) throws {
        var pair = try pair(seed: 4)
        pair.believed = pair.privateKeys.map { $0?.publicKey }
        pair.privateKeys[side] = nil
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(60))
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        #expect(pair.reports[side].contains { $0.sentence.contains("no key") })
    }

    @Test("a hash in the place of a signature proves nothing")
    func hashInstead() throws {
        var pair = try pair(seed: 5)
        pair.tamper = { datagram, receiver in
            PlaintextEditing.edit(datagram, for: receiver) { payloads in
                payloads.map { payload in
                    if case .signature(let octets) = payload { .hash(octets) } else { payload }
                }
            }
        }
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(60))
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
    }
}
