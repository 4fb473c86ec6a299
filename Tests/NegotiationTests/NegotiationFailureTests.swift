import Credentials
import IPsec
import Negotiation
import Testing

/// Each failure has a sentence of its own that says what to do.
@Suite struct NegotiationFailureTests {
    static let all: [(NegotiationFailure, String)] = [
        (.peerMalformed("x"), "malformed message: x"),
        (.peerViolatedProtocol("x"), "broke the protocol: x"),
        (.noCommonChoice(.ike, nil), "no phase 1 proposal chosen"),
        (.noCommonChoice(.child, nil), "no phase 2 proposal chosen"),
        (.authenticationFailed(.wrongKey), "the pre-shared keys differ"),
        (
            .authenticationFailed(.noSharedSecret(.noEntry(file: "psk.txt", lookedFor: ["a", "b"]))),
            "no pre-shared key for a or b in psk.txt"
        ),
        (.authenticationFailed(.noSharedSecret(.unusable("psk.txt is readable by all"))), "readable by all"),
        (
            .authenticationFailed(
                .unexpectedIdentity(.fqdn("a"), expected: [.fqdn("b")], origin: "swiftike.conf:9")),
            "the peer is fqdn \"a\", but swiftike.conf:9 expects fqdn \"b\""
        ),
        (
            .authenticationFailed(
                .unexpectedIdentity(
                    .fqdn("192.0.2.2"), expected: [.address(Samples.address(2))], origin: "swiftike.conf:9")),
            "the peer is fqdn \"192.0.2.2\", but swiftike.conf:9 expects address 192.0.2.2"
        ),
        (
            .localPolicyForbids(.unknownPeer(Samples.address(2), exchange: "main")),
            "unknown peer 192.0.2.2: no remote block allows it main mode"
        ),
        (
            .localPolicyForbids(
                .selectorMismatch(local: Samples.host(1), remote: Samples.host(2), configured: [])),
            "which no tunnel or policy does"
        ),
        (
            .localPolicyForbids(.noChildPolicy(local: Samples.host(1), remote: Samples.host(2))),
            "no sainfo for"
        ),
        (.localPolicyForbids(.passive(peer: "hq", origin: "swiftike.conf:3")), "passive (swiftike.conf:3)"),
        (.localPolicyForbids(.limit("too many")), "too many"),
        (
            .localResource(.database(DatabaseFailure(.other, "no memory"))),
            "could not be installed: no memory"
        ),
        (.localResource(.cryptography("no cipher")), "no cipher"),
        (.peerDeclined(.silent(awaiting: "message 2", tries: 3, hint: nil)), "UDP 500 and 4500"),
        (.peerDeclined(.silent(awaiting: "message 6", tries: 3, hint: "keys differ")), "; keys differ"),
        (.peerDeclined(.notified("X", number: 14)), "refused: X (14)"),
        (.peerDeclined(.deleted), "the peer deleted the SA"),
        (.peerDeclined(.dead(tries: 5)), "5 questions went unanswered"),
        (.cancelled("taken down"), "given up: taken down"),
    ]

    @Test func sentences() {
        for (failure, words) in Self.all {
            #expect(failure.sentence.contains(words), "\(failure.sentence)")
            #expect(!failure.sentence.contains("\n"))
        }
        #expect(Set(Self.all.map(\.0.sentence)).count == Self.all.count)
    }

    /// Whoever refuses, both sides are told which code says more.
    @Test(
        arguments: [
            (.noCommonChoice(.ike, nil), "NO_PROPOSAL_CHOSEN"),
            (.authenticationFailed(.wrongKey), "AUTHENTICATION_FAILED"),
            (
                .localPolicyForbids(
                    .selectorMismatch(local: Samples.host(1), remote: Samples.host(2), configured: [])),
                "TS_UNACCEPTABLE"
            ),
            (.localPolicyForbids(.addressRequired(tunnel: "hq", origin: "t.conf:1")), "FAILED_CP_REQUIRED"),
            (.peerMalformed("x"), "INVALID_SYNTAX"), (.peerViolatedProtocol("x"), "INVALID_SYNTAX"),
            (.peerDeclined(.silent(awaiting: "message 2", tries: 3, hint: nil)), "TIMEOUT"),
            (.peerDeclined(.unreached(awaiting: "message 2", tries: 3, hint: nil)), "TIMEOUT"),
            (.peerDeclined(.notified("NO_PROPOSAL_CHOSEN", number: 14)), "NO_PROPOSAL_CHOSEN"),
            (.peerDeclined(.notified("AUTHENTICATION_FAILED", number: 24)), "AUTHENTICATION_FAILED"),
            (.peerDeclined(.notified("TS_UNACCEPTABLE", number: 38)), "TS_UNACCEPTABLE"),
            (.peerDeclined(.notified("FAILED_CP_REQUIRED", number: 37)), "FAILED_CP_REQUIRED"),
            (.peerDeclined(.notified("INVALID_SYNTAX", number: 7)), "INVALID_SYNTAX"),
        ] as [(NegotiationFailure, String)])
    func codes(failure: NegotiationFailure, code: String) throws {
        #expect(failure.code == code)
        #expect(Explanation(code) != nil)
    }

    @Test func selectorMismatchShowsWhatThereIs() {
        func details(_ configured: [String]) -> [String] {
            NegotiationFailure.localPolicyForbids(
                .selectorMismatch(local: Samples.host(1), remote: Samples.host(2), configured: configured)
            ).details
        }
        #expect(details(["a", "b"]) == ["a", "b"])
        #expect(details([]) == ["no tunnel or policy with this peer is configured"])
    }
}
