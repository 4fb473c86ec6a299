import Negotiation
import Testing

@Suite struct ExplanationTests {
    @Test(arguments: ["NO_PROPOSAL_CHOSEN", "no-proposal-chosen", "noProposalChosen", "14"])
    func isFoundByNameAndNumber(code: String) throws {
        #expect(try #require(Explanation(code)).name == "NO_PROPOSAL_CHOSEN")
    }

    @Test(arguments: ["", "_", "NO_SUCH_CODE", "65536"])
    func anythingElseIsNot(code: String) {
        #expect(Explanation(code) == nil)
    }

    @Test(arguments: Explanation.all)
    func saysWhatItMeansAndWhatToDo(explanation: Explanation) throws {
        #expect(!explanation.causes.isEmpty)
        #expect(!explanation.remedies.isEmpty)
        #expect(explanation.meaning.hasSuffix("."))
        // The first remedy stands within a line of log.
        #expect(explanation.remedies.first?.hasSuffix(".") == false)
        #expect(explanation.lines.allSatisfy { $0.count <= 120 })
        if let number = explanation.number { #expect(Explanation(number: number) == explanation) }
    }

    @Test func namesAreUnique() {
        #expect(Set(Explanation.all.map(\.name)).count == Explanation.all.count)
    }

    @Test func aRefusalTellsWhatWasAskedForAndWhatToDo() {
        let ours = "we ask for 10.1.0.0/24 (ours) with 10.2.0.0/24 (its)"
        let failure = NegotiationFailure.peerDeclined(
            .notified("TS_UNACCEPTABLE", number: 38, asked: [ours]))
        #expect(
            failure.sentence
                == "the peer refused: TS_UNACCEPTABLE (38): \(ours); make local_net and remote_net here the mirror "
                + "image of the networks on the peer")
        #expect(failure.details.isEmpty)
        #expect(failure.code == "TS_UNACCEPTABLE")
    }

    @Test func severalOffersAreTableLines() {
        let failure = NegotiationFailure.peerDeclined(
            .notified("NO_PROPOSAL_CHOSEN", number: 14, asked: ["we offer a", "we offer b"]))
        #expect(failure.details == ["we offer a", "we offer b"])
        #expect(failure.sentence.hasSuffix("(14); make the proposals on both sides the same"))
    }
}
