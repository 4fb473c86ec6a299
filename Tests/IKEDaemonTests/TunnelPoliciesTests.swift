import Algorithms
import IPsec
import Negotiation
import Testing

@testable import IKEDaemon

struct TunnelPoliciesTests {
    @Test func protectsOutInAndForward() {
        let policies = TunnelPolicies.protecting(
            Samples.tunnel(requestID: 9), local: Samples.local, remote: Samples.remote)
        #expect(policies.map(\.direction) == [.outbound, .inbound, .forward])
        #expect(policies.map { "\($0.selector)" }.first == "10.1.0.0/24 -> 10.2.0.0/24")
        #expect(policies.dropFirst().allSatisfy { "\($0.selector)" == "10.2.0.0/24 -> 10.1.0.0/24" })
        #expect(policies.allSatisfy { $0.templates.first?.requestID == 9 })
        #expect(
            policies.map { $0.templates.first?.tunnelSource } == [
                Samples.local, Samples.remote, Samples.remote,
            ])
    }

    @Test func transportModeHasNoOuterAddressesAndForwardsNothing() {
        var tunnel = Samples.tunnel()
        tunnel.mode = .transport
        tunnel.local = nil
        tunnel.remote = nil
        let policies = TunnelPolicies.protecting(tunnel, local: Samples.local, remote: Samples.remote)
        #expect(policies.map(\.direction) == [.outbound, .inbound])
        #expect(policies.first.map { "\($0.selector)" } == "192.0.2.1/32 -> 192.0.2.2/32")
        #expect(policies.allSatisfy { $0.templates.first?.tunnelSource == nil })
    }

    @Test(arguments: [nil, "ipsec0"]) func everyPolicyNamesTheTunnelsInterface(_ name: String?) {
        var tunnel = Samples.tunnel()
        tunnel.device = name
        let protecting = TunnelPolicies.protecting(tunnel, local: Samples.local, remote: Samples.remote)
        #expect(protecting.allSatisfy { $0.device == name })
        #expect(TunnelPolicies.blocking(tunnel).allSatisfy { $0.device == name })
    }

    @Test(arguments: [EncapsulationMode.tunnel, .transport])
    func compressionIsInnermostAndHasTheTunnel(_ mode: EncapsulationMode) throws {
        var traffic = ProtectedTraffic(
            tunnel: "hq", local: [try Samples.prefix("10.1.0.0/24")],
            remote: [try Samples.prefix("10.2.0.0/24")], mode: mode, requestID: 9,
            localAddress: Samples.local, remoteAddress: Samples.remote)
        traffic.compression = .deflate
        let policies = TunnelPolicies.protecting(traffic)
        #expect(policies.count == (mode == .tunnel ? 3 : 2))
        for policy in policies {
            let templates = policy.templates
            #expect(templates.map(\.protocol) == [.ipcomp, .esp])
            #expect(templates.map(\.mode) == [mode, .transport])
            #expect(templates.map(\.requestID) == [9, 9])
            #expect((templates[0].tunnelDestination != nil) == (mode == .tunnel))
            #expect(templates[1].tunnelDestination == nil)
            #expect(templates[1].level == .unique(requestID: 9))
            // What does not shrink comes as it is, and goes by the same SAs.
            #expect((templates[0].level == .use) == (policy.direction != .outbound))
        }
    }

    @Test func aRangeBecomesItsPrefixes() throws {
        var tunnel = Samples.tunnel()
        tunnel.local = TrafficSelector(
            first: IPAddress(family: .ipv4, value: 0x0a01_0001),
            last: IPAddress(family: .ipv4, value: 0x0a01_0003))
        let policies = TunnelPolicies.protecting(tunnel, local: Samples.local, remote: Samples.remote)
        #expect(policies.count == 6)
    }

    @Test func theNarrowerWins() throws {
        var narrow = Samples.tunnel()
        narrow.remote = try Samples.prefix("10.2.0.1/32")
        let wide = TunnelPolicies.protecting(Samples.tunnel(), local: Samples.local, remote: Samples.remote)
        let host = TunnelPolicies.protecting(narrow, local: Samples.local, remote: Samples.remote)
        #expect(host[0].priority < wide[0].priority)
    }

    @Test func blocksWhileThePeerIsUnknown() {
        #expect(TunnelPolicies.blocking(Samples.tunnel()).map(\.action) == [.discard, .discard, .discard])
    }
}

struct PolicyLookupTests {
    @Test func takesTheNarrowestThatCovers() throws {
        var narrow = Samples.tunnel("narrow", requestID: 2)
        narrow.remote = try Samples.prefix("10.2.0.0/28")
        let policies = [Samples.tunnel(), narrow].flatMap {
            TunnelPolicies.protecting($0, local: Samples.local, remote: Samples.remote)
        }
        func found(_ remote: String) throws -> UInt32? {
            PolicyLookup.covering(
                local: try Samples.prefix("10.1.0.0/24"), remote: try Samples.prefix(remote), among: policies
            )?.templates.first?.requestID
        }
        #expect(try found("10.2.0.1/32") == 2)
        #expect(try found("10.2.0.0/24") == 1)
        #expect(try found("10.2.0.0/16") == nil)
    }

    @Test func heldTunnelsAreNobodys() {
        let held = HeldRequestIDs()
        let policies = TunnelPolicies.protecting(
            Samples.tunnel(), local: Samples.local, remote: Samples.remote)
        #expect(policies.allSatisfy(held.allows))
        held.replace(with: [1])
        #expect(!policies.contains(where: held.allows))
    }
}
