import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct ReversePathFilterTests {
    @Test func onlyAPeerInsideItsOwnPolicyCounts() throws {
        let beside = try Samples.policy(.outbound)
        #expect(ReversePathFilter.coveredPeer(of: beside) == nil)
        let around = try Samples.policy(.outbound, to: "0.0.0.0/0")
        #expect(ReversePathFilter.coveredPeer(of: around) == IPAddress("192.0.2.2"))
        let host = try Samples.policy(.outbound, to: "192.0.2.2/32", mode: .transport, tunnel: nil)
        #expect(ReversePathFilter.coveredPeer(of: host) == IPAddress("192.0.2.2"))
        let inbound = try Samples.policy(.inbound, to: "192.0.2.2/32", mode: .transport, tunnel: nil)
        #expect(ReversePathFilter.coveredPeer(of: inbound) == nil)
    }
}
