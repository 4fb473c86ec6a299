import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct PolicyTableTests {
    /// A flow of a packet made for the purpose: IPv4, UDP.
    static func flow(
        _ source: UInt32, _ destination: UInt32, upperProtocol: UInt8 = 17,
        ports: (UInt16, UInt16) = (1000, 2000)
    ) throws -> PacketFlow {
        var packet: [UInt8] = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, upperProtocol, 0, 0]
        for word in [source, destination] {
            packet += IPAddress(family: .ipv4, value: UInt128(word)).bytes
        }
        for port in [ports.0, ports.1] { packet += [UInt8(port >> 8), UInt8(port & 0xff)] }
        packet += [0, 8, 0, 0]
        return try PacketFlow(packet.span)
    }

    private static func randomPolicy(_ random: inout some RandomNumberGenerator) throws -> SecurityPolicy {
        func prefix() throws -> IPPrefix {
            let address = UInt128(0x0a00_0000 | UInt32.random(in: 0...0xff, using: &random))
            let length = [0, 8, 24, 28, 30, 31, 32].randomElement(using: &random) ?? 0
            return try #require(IPPrefix(IPAddress(family: .ipv4, value: address), length: length))
        }
        let selector = Selector(
            source: try prefix(), destination: try prefix(),
            upperProtocol: [0, 0, 6, 17].randomElement(using: &random) ?? 0,
            destinationPort: [0, 0, 2000, 53].randomElement(using: &random) ?? 0)
        let priority = UInt32.random(in: 1...5, using: &random)
        return SecurityPolicy(
            selector: selector, direction: .outbound, action: .bypass, priority: priority)
    }

    /// RFC 4301's ordered list, walked from the front.
    private func naive(_ policies: [SecurityPolicy], _ flow: PacketFlow) -> SecurityPolicy? {
        var best: SecurityPolicy?
        for policy in policies where policy.selector.selects(flow) {
            guard let found = best, found.priority <= policy.priority else {
                best = policy
                continue
            }
        }
        return best
    }

    @Test func agreesWithAWalkOfTheList() throws {
        var random = SystemRandomNumberGenerator()
        var found = 0
        for count in [0, 1, 3, 10, 60] {
            let policies = try (0..<count).map { _ in try Self.randomPolicy(&random) }
            let table = PolicyTable(policies.map { PolicyRule($0) })
            for _ in 0..<500 {
                let flow = try Self.flow(
                    0x0a00_0000 | .random(in: 0...0xff), 0x0a00_0000 | .random(in: 0...0xff),
                    upperProtocol: [6, 17, 1].randomElement() ?? 6,
                    ports: (1000, [53, 2000, 3000].randomElement() ?? 53))
                let fast = table.rule(for: flow)?.policy
                if fast != nil { found += 1 }
                #expect(fast == naive(policies, flow))
            }
        }
        #expect(found > 0)
    }

    @Test func familiesDoNotMix() throws {
        let any = SecurityPolicy(
            selector: Selector(source: .any(.ipv6), destination: .any(.ipv6)), direction: .outbound,
            action: .discard)
        let table = PolicyTable([PolicyRule(any)])
        #expect(try table.rule(for: Self.flow(1, 2)) == nil)
    }
}
