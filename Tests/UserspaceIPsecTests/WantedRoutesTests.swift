import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct WantedRoutesTests {
    private func own(_ texts: String...) throws -> [IPAddress] {
        try texts.map { try #require(IPAddress($0)) }
    }

    /// The routes for policies in the order in which they came.
    private func routes(
        for policies: [SecurityPolicy], ownAddresses: [IPAddress] = []
    ) -> [IPPrefix: WantedRoutes.Route] {
        let rows = policies.enumerated().map { PolicyChange(number: UInt64($0.offset), present: $0.element) }
        let wanted = WantedRoutes(rows, ownAddresses: ownAddresses)
        return Dictionary(
            uniqueKeysWithValues: wanted.destinations.compactMap { destination in
                wanted.route(to: destination).map { (destination, $0) }
            })
    }

    @Test func ourPacketsLeaveFromAnAddressThePolicyCovers() throws {
        let routes = self.routes(
            for: [try Samples.policy(.outbound), try Samples.policy(.inbound, to: "10.9.0.0/24")],
            ownAddresses: try own("127.0.0.1", "192.0.2.1", "10.1.0.1"))
        #expect(
            routes == [
                try #require(IPPrefix("10.2.0.0/24")): WantedRoutes.Route(source: IPAddress("10.1.0.1"))
            ])
    }

    @Test func aGatewayOutsideItsNetworkRoutesWithoutASource() throws {
        let routes = self.routes(
            for: [try Samples.policy(.outbound)], ownAddresses: try own("192.0.2.1"))
        #expect(routes == [try #require(IPPrefix("10.2.0.0/24")): WantedRoutes.Route()])
    }

    @Test func bypassNeedsNoRouteButDiscardDoes() throws {
        var policy = try Samples.policy(.outbound)
        policy.action = .bypass
        #expect(routes(for: [policy]).isEmpty)
        policy.action = .discard
        #expect(routes(for: [policy]).count == 1)
    }

    @Test func whatOnePolicyLeavesAnotherTakesOver() throws {
        var wanted = WantedRoutes(ownAddresses: try own("10.1.0.1"))
        let first = try Samples.policy(.outbound, from: "10.9.0.0/24")
        var second = try Samples.policy(.outbound)
        second.device = "ipsec0"
        let destination = first.selector.destination
        wanted.apply(PolicyChange(number: 1, present: first))
        #expect(wanted.route(to: destination) == WantedRoutes.Route())
        #expect(wanted.apply(PolicyChange(number: 2, present: second)) == [destination])
        #expect(
            wanted.route(to: destination)
                == WantedRoutes.Route(source: IPAddress("10.1.0.1"), device: "ipsec0"))
        wanted.apply(PolicyChange(number: 2, former: second))
        #expect(wanted.route(to: destination) == WantedRoutes.Route())
        wanted.apply(PolicyChange(number: 1, former: first))
        #expect(wanted.route(to: destination) == nil)
    }

    @Test(arguments: [
        ("224.0.0.1", true), ("169.254.7.7", true), ("255.255.255.255", true), ("10.2.0.1", false),
        ("fe80::1", true), ("ff02::16", true), ("2001:db8::1", false),
    ])
    func linkLocalAndGroupsAreTold(text: String, stays: Bool) throws {
        #expect(try #require(IPAddress(text)).staysOnLink == stays)
    }
}
