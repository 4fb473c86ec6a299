import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct WantedRoutesTests {
    private func own(_ texts: String...) throws -> [IPAddress] {
        try texts.map { try #require(IPAddress($0)) }
    }

    @Test func ourPacketsLeaveFromAnAddressThePolicyCovers() throws {
        let routes = WantedRoutes.routes(
            for: [try Samples.policy(.outbound), try Samples.policy(.inbound, to: "10.9.0.0/24")],
            ownAddresses: try own("127.0.0.1", "192.0.2.1", "10.1.0.1"))
        #expect(
            routes == [
                try #require(IPPrefix("10.2.0.0/24")): WantedRoutes.Route(source: IPAddress("10.1.0.1"))
            ])
    }

    @Test func aGatewayOutsideItsNetworkRoutesWithoutASource() throws {
        let routes = WantedRoutes.routes(
            for: [try Samples.policy(.outbound)], ownAddresses: try own("192.0.2.1"))
        #expect(routes == [try #require(IPPrefix("10.2.0.0/24")): WantedRoutes.Route()])
    }

    @Test func bypassNeedsNoRouteButDiscardDoes() throws {
        var policy = try Samples.policy(.outbound)
        policy.action = .bypass
        #expect(WantedRoutes.routes(for: [policy], ownAddresses: []).isEmpty)
        policy.action = .discard
        #expect(WantedRoutes.routes(for: [policy], ownAddresses: []).count == 1)
    }

    @Test(arguments: [
        ("224.0.0.1", true), ("169.254.7.7", true), ("255.255.255.255", true), ("10.2.0.1", false),
        ("fe80::1", true), ("ff02::16", true), ("2001:db8::1", false),
    ])
    func linkLocalAndGroupsAreTold(text: String, stays: Bool) throws {
        #expect(try #require(IPAddress(text)).staysOnLink == stays)
    }
}
