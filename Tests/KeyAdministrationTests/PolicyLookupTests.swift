import IPsec
import Testing

@testable import KeyAdministration

@Suite struct PolicyLookupTests {
    private func policy(
        _ source: String, _ priority: UInt32, _ action: SecurityPolicy.Action, upper: UInt8 = 0,
        port: UInt16 = 0
    ) -> SPDEntry {
        let selector = Selector(
            source: IPPrefix(source) ?? .any(.ipv4), destination: .any(.ipv4), upperProtocol: upper,
            destinationPort: port)
        return SPDEntry(
            SecurityPolicy(selector: selector, direction: .outbound, action: action, priority: priority))
    }

    private func state(_ entries: SPDEntry...) throws -> DatabaseState {
        var state = DatabaseState()
        for entry in entries { try state.apply(.addPolicy(entry)) }
        return state
    }

    private let packet = PacketQuery(
        source: GoldenRecords.address("10.1.1.1"), destination: GoldenRecords.address("10.2.0.1"),
        upperProtocol: 6, sourcePort: 1024, destinationPort: 80)

    @Test func theLowestNumberWinsHoweverWideItIs() throws {
        let state = try state(policy("10.1.1.0/24", 20, .discard), policy("0.0.0.0/0", 10, .bypass))
        let found = PolicyLookup(state).policy(for: packet, .outbound)
        #expect(found?.entry.policy.action == .bypass)
    }

    @Test func amongEqualsTheOldestWins() throws {
        let state = try state(policy("10.0.0.0/8", 10, .discard), policy("10.1.0.0/16", 10, .bypass))
        let found = PolicyLookup(state).policy(for: packet, .outbound)
        #expect(found?.entry.policy.action == .discard)
    }

    @Test func protocolPortAndDirectionCount() throws {
        let state = try state(
            policy("10.0.0.0/8", 1, .discard, upper: 17),
            policy("10.0.0.0/8", 2, .discard, upper: 6, port: 443),
            policy("10.0.0.0/8", 3, .bypass, upper: 6, port: 80))
        let lookup = PolicyLookup(state)
        #expect(lookup.policy(for: packet, .outbound)?.entry.policy.priority == 3)
        #expect(lookup.policy(for: packet, .inbound) == nil)
    }

    @Test func policiesOfMarksAndInterfacesAreForOtherPackets() throws {
        var marked = policy("10.0.0.0/8", 1, .discard)
        marked.mark = Mark(value: 7)
        var ofInterface = policy("10.0.0.0/8", 2, .discard)
        ofInterface.interfaceID = 7
        let found = PolicyLookup(try state(marked, ofInterface)).policy(for: packet, .outbound)
        #expect(found == nil)
    }

    /// What is outside a tunnel template has the tunnel's ends.
    @Test func aBundleIsResolvedOutwards() throws {
        let templates = [
            PolicyTemplate(
                protocol: .ipcomp, mode: .tunnel, tunnelSource: GoldenRecords.address("192.0.2.1"),
                tunnelDestination: GoldenRecords.address("192.0.2.2")),
            PolicyTemplate(protocol: .esp, mode: .transport),
        ]
        let found = PolicyLookup(DatabaseState()).resolve(templates, for: packet, .outbound)
        #expect(found.map(\.destination) == [templates[0].tunnelDestination, templates[0].tunnelDestination])
    }

    /// The random states of the other tests would prove nothing if they protected nothing.
    @Test func randomStatesProtectSomethingAndLeaveSomething() {
        var verdicts: Set<Explanation.Verdict> = []
        for seed in 0..<50 {
            var world = RandomWorld(seed: UInt64(seed))
            let lookup = PolicyLookup(world.state())
            for (packet, direction) in world.packets {
                verdicts.insert(Explanation(packet, direction, lookup).verdict)
            }
        }
        #expect(verdicts == [.clear, .protected, .blocked, .discarded])
    }
}
