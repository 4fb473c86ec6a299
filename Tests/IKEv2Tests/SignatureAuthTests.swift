import Algorithms
import Credentials
import Cryptography
import IPsec
import ISAKMP
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("AUTH by signature, and without a child (RFC 7296 section 2.15, RFC 7427, RFC 6023)")
struct SignatureAuthTests {
    /// Both sides sign, each with a key of this kind.
    private func pair(
        _ kind: KeyKind, _ policies: Policies, seed: UInt64
    ) throws -> TwoEndpoints {
        var pair = policies.pair(seed: seed)
        pair.privateKeys = [try PrivateKey.generate(kind), try PrivateKey.generate(kind)]
        return pair
    }

    private func signing(
        _ change: @escaping (inout PeerPolicy, NetworkSide) -> Void = { _, _ in }
    ) -> Policies {
        var policies = Policies()
        policies.changePeer = { peer, side in
            peer.localAuthentication = .signature
            peer.remoteAuthentication = [.signature]
            change(&peer, side)
        }
        return policies
    }

    private func isUp(_ pair: TwoEndpoints, children: Int = 1) -> Bool {
        pair.endpoints.allSatisfy { endpoint in
            let status = endpoint.status()
            return status.ikeSAs.map(\.state) == ["established"] && status.childSAs.count == children
        }
    }

    @Test(
        "each kind of key, with the hashes announced and without",
        arguments: [KeyKind.rsa(bits: 2048), .ecdsa(.p256), .ecdsa(.p384), .ecdsa(.p521), .ed25519, .ed448],
        [true, false])
    func kinds(kind: KeyKind, announces: Bool) throws {
        let policies = signing { peer, _ in if !announces { peer.signatureHashes = [] } }
        var pair = try pair(kind, policies, seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        // What is older than RFC 7427 has no name for EdDSA.
        let isPossible = announces || (kind != .ed25519 && kind != .ed448)
        #expect(isUp(pair) == isPossible)
    }

    @Test("one side signs and the other has a shared key", arguments: [NetworkSide.a, .b])
    func asymmetric(signer: NetworkSide) throws {
        var policies = Policies()
        policies.changePeer = { peer, side in
            peer.localAuthentication = side == signer ? .signature : .preSharedKey
            peer.remoteAuthentication = [side == signer ? .preSharedKey : .signature]
        }
        var pair = try pair(.ed25519, policies, seed: 2)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(isUp(pair))
    }

    @Test("answers of whoever holds the keys that take their time", arguments: [0, 1])
    func delays(slow: Int) throws {
        var pair = try pair(.ecdsa(.p256), signing(), seed: 3)
        pair.keyDelays[slow] = .seconds(3)
        pair.handle(.initiate(signing().request()), at: .a)
        pair.run(for: .seconds(20))
        #expect(isUp(pair))
    }

    @Test("answers that come when the SA they are for is gone change nothing", arguments: [0, 1])
    func lateAnswers(slow: Int) throws {
        var pair = try pair(.ecdsa(.p256), signing(), seed: 10)
        pair.keyDelays[slow] = .seconds(100)
        pair.handle(.initiate(signing().request()), at: .a)
        pair.run(for: .seconds(300))
        #expect(pair.endpoints.allSatisfy { $0.associations.isEmpty && $0.turn.awaiting.isEmpty })
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        #expect(pair.reports[0].contains { $0.kind == .negotiationFailed })
    }

    @Test("a certificate of somebody else is refused, whoever's it is", arguments: [0, 1])
    func stranger(side: Int) throws {
        var pair = try pair(.ed25519, signing(), seed: 4)
        let stranger = try PrivateKey.generate(.ed25519)
        pair.believed = pair.privateKeys.map { $0?.publicKey }
        pair.privateKeys[side] = stranger
        pair.handle(.initiate(signing().request()), at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.endpoints.allSatisfy { $0.status().ikeSAs.isEmpty })
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        let failures = pair.reports[1 - side].filter { $0.kind == .negotiationFailed }
        #expect(failures.contains { $0.sentence.contains("another key than the peer's") })
    }

    @Test(
        "each side asks for what a responder says where its block wants it (RFC 4806)",
        arguments: [[true, false], [false, true], [true, true], [false, false]])
    func responses(wanted: [Bool]) throws {
        let authority = [UInt8](repeating: 7, count: CertificateRequestPayload.hashSize)
        let policies = signing { peer, side in
            peer.requestedAuthorities = [authority]
            peer.requestsResponses = wanted[side.rawValue]
        }
        var pair = try pair(.ed25519, policies, seed: 7)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(isUp(pair))
        for side in [0, 1] {
            let expected = CertificateWish(
                authorities: [authority], responses: wanted[1 - side] ? .wanted : .unwanted)
            #expect(pair.wishes[side] == [expected])
        }
    }

    @Test(
        "who asks for certificates of no authority by name, and the block that takes it",
        arguments: [true, false], [true, false])
    func emptyRequest(first: Bool, isEmpty: Bool) throws {
        let policies = signing { peer, side in
            peer.requestedAuthorities = [
                [UInt8](repeating: 7, count: isEmpty && side == .a ? 0 : CertificateRequestPayload.hashSize)
            ]
        }
        var responder = policies.policy(.b)
        var other = responder.peers[0]
        other.name = "other"
        other.origin = "swiftike.conf:20"
        responder.peers[0].matchesEmptyRequest = first
        responder.peers.append(other)
        var pair = TwoEndpoints(policies.policy(.a), responder, seed: 8)
        pair.privateKeys = [try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519)]
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.endpoints[1].status().ikeSAs.map(\.peer) == [first || !isEmpty ? "peer" : "other"])
    }

    @Test("a block alone is for whoever asks of no authority, whatever it says")
    func emptyRequestOfOneBlock() throws {
        let policies = signing { peer, side in
            peer.requestedAuthorities = [[]]
            peer.matchesEmptyRequest = false
        }
        var pair = try pair(.ed25519, policies, seed: 9)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(isUp(pair))
    }

    @Test("a shared key where a signature is expected")
    func method() throws {
        var policies = Policies()
        policies.changePeer = { peer, side in
            if side == .b { peer.remoteAuthentication = [.signature] }
        }
        var pair = policies.pair(seed: 5)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        let failures = pair.reports[1].filter { $0.kind == .negotiationFailed }.map(\.sentence)
        #expect(
            failures.contains { $0.contains("authenticates by pre-shared key, and signature is expected") })
        #expect(pair.reports[0].contains { $0.sentence.contains("AUTHENTICATION_FAILED") })
    }

    @Test(
        "the first child in IKE_AUTH or after it",
        arguments: ChildlessPolicy.allCases, ChildlessPolicy.allCases)
    func childless(initiator: ChildlessPolicy, responder: ChildlessPolicy) {
        var policies = Policies()
        policies.pfsGroup = .ecp256
        policies.changePeer = { peer, side in peer.childless = side == .a ? initiator : responder }
        var pair = policies.pair(seed: 6)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        let asksForNone = initiator == .force || initiator == .prefer && responder != .never
        let isPossible = asksForNone ? responder != .never : responder != .force
        #expect(isUp(pair) == isPossible)
        if isPossible { #expect(pair.sent.count == (asksForNone ? 6 : 4)) }
    }
}
