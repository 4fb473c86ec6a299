import Negotiation
import Testing

/// Proposals that the host's cryptographic library cannot carry out.
@Suite struct MissingAlgorithmsTests {
    private static let policy = NegotiationPolicy(peers: [
        PeerPolicy(
            name: "hq", match: .anonymous, proposals: [Samples.proposal(), Samples.proposal(Samples.aes256)])
    ])

    @Test(arguments: [["aes-cbc-128"], ["aes-cbc-128", "md5"]] as [Set<String>])
    func namesTheProposalAndWhatItNeeds(missing: Set<String>) {
        let objections = Self.policy.objections(missing: missing)
        #expect(objections.count == 1)
        #expect(objections.first?.hasPrefix("swiftike.conf:12: error: ") == true)
        #expect(objections.first?.contains("needs aes-cbc-128, which") == true)
    }

    @Test func aHashIsNeededByAll() {
        let objections = Self.policy.objections(missing: ["sha1", "aes-cbc-256"])
        #expect(objections.count == 2)
        #expect(objections.last?.contains("aes-cbc-256 and sha1") == true)
    }

    @Test(arguments: [[], ["md5", "3des-cbc"]] as [Set<String>])
    func saysNothingOfWhatIsNotUsed(missing: Set<String>) {
        #expect(Self.policy.objections(missing: missing).isEmpty)
    }
}
