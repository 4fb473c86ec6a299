import Algorithms
import IPsec
import Negotiation
import Testing

/// The table of a refused offer, as a person reads it.
@Suite struct ProposalComparisonTests {
    @Test func phaseOne() throws {
        let far = IKEOffer(
            encryption: .unknown("cipher 99"), prf: .known(.hmacMD5), group: .absent,
            authentication: .unknown("RSA signatures"), lifetime: nil)
        let comparison = try #require(
            ProposalComparison(
                offers: [far, Samples.offer(Samples.aes256, lifetime: 7200)], ours: [Samples.proposal()],
                check: .exact))
        #expect(comparison.mismatches == 2)
        #expect(
            comparison.lines == [
                "                peer offers     we accept (swiftike.conf:12)",
                "encryption      aes-cbc-256     aes-cbc-128                   <- differs",
                "hash            hmac-sha1       hmac-sha1",
                "group           modp1024        modp1024",
                "authentication  pre_shared_key  pre_shared_key",
                "lifetime        7200 s          3600 s                        <- differs",
                "to accept this offer, change encryption_algorithm, lifetime at swiftike.conf:12, "
                    + "or change the peer",
            ])
    }

    @Test func phaseTwo() throws {
        let comparison = try #require(
            ProposalComparison(
                offers: [Samples.childOffer(Samples.gcm)], policy: Samples.childPolicy(pfs: .modp768),
                mode: .transport, check: .strict))
        #expect(comparison.rows.filter { !$0.fits }.map(\.name) == ["encryption", "PFS group", "mode"])
        #expect(comparison.rows.map(\.directive).contains("pfs_group"))
        #expect(
            comparison.lines.last?.hasPrefix("to accept this offer, change encryption_algorithm, ") == true)
    }

    @Test func nothingToCompare() {
        #expect(ProposalComparison(offers: [], ours: [Samples.proposal()], check: .obey) == nil)
        #expect(ProposalComparison(offers: [Samples.offer()], ours: [], check: .obey) == nil)
    }
}
