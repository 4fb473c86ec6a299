import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

/// SAs found for templates, held against a walk of the list.
@Suite struct OutboundIndexTests {
    private let hosts = ["10.1.0.1", "10.1.0.2", "10.2.0.1"]

    private func association(_ number: UInt32) throws -> SecurityAssociation {
        var association = try Samples.association(
            .outbound, spi: 0x1000 + number, from: hosts[Int.random(in: 0...1)],
            to: hosts[Int.random(in: 0...2)],
            mode: [.tunnel, .transport].randomElement() ?? .tunnel, requestID: .random(in: 0...2))
        if Int.random(in: 0...2) == 0 {
            association.selector = Selector(
                source: try #require(IPPrefix("10.1.0.0/24")),
                destination: try #require(IPPrefix("10.2.0.0/24")),
                destinationPort: [0, 2000].randomElement() ?? 0)
        }
        return association
    }

    private func template() throws -> PolicyTemplate {
        let requestID = UInt32.random(in: 0...2)
        var template = PolicyTemplate(
            protocol: .esp, mode: [.tunnel, .transport].randomElement() ?? .tunnel,
            tunnelSource: [nil, IPAddress(hosts[0]), IPAddress(hosts[1])].randomElement() ?? nil,
            tunnelDestination: [nil, IPAddress(hosts[0]), IPAddress(hosts[2])].randomElement() ?? nil,
            level: requestID == 0 ? .require : .unique(requestID: requestID))
        if Int.random(in: 0...9) == 0 { template.spi = SPI(0x1000 + .random(in: 0...50)) }
        return template
    }

    private func flow() throws -> PacketFlow {
        try PolicyTableTests.flow(
            0x0a01_0001 + .random(in: 0...1), [0x0a01_0001, 0x0a01_0002, 0x0a02_0001].randomElement() ?? 1,
            ports: (1000, [2000, 2001].randomElement() ?? 2000))
    }

    private func naive(
        _ newestFirst: [OutboundAssociation], _ flow: PacketFlow, _ template: PolicyTemplate
    ) -> OutboundAssociation? {
        newestFirst.first { entry in
            let association = entry.association
            let isBetween =
                association.source == flow.source && association.id.destination == flow.destination
            return template.accepts(association) && association.selector?.selects(flow) ?? true
                && (template.mode.hasOwnAddresses || isBetween)
        }
    }

    @Test(arguments: [1, 4, 50]) func agreesWithAWalkOfTheListThroughChanges(_ count: Int) throws {
        var database = EngineDatabase()
        var found = 0
        for number in 0..<UInt32(3 * count) {
            try database.add(association(number), now: Instant(nanoseconds: 1))
            let all = database.outbound
            if all.count > count, let gone = all.randomElement() { try database.remove(gone.association.id) }
            let newestFirst: [OutboundAssociation] = database.outbound.reversed()
            for _ in 0..<30 {
                let (flow, template) = (try flow(), try template())
                let ends = (flow.source, flow.destination)
                let told = database.snapshot.carriers.association(for: flow, template, between: ends)
                #expect(told === naive(newestFirst, flow, template))
                if told != nil { found += 1 }
            }
        }
        for entry in database.outbound { try database.remove(entry.association.id) }
        #expect(database.snapshot.carriers.between(hostsOfTheFirst.0, hostsOfTheFirst.1).isEmpty)
        if count > 4 { #expect(found > 0) }
    }

    private var hostsOfTheFirst: (IPAddress, IPAddress) {
        (IPAddress(hosts[0]) ?? .unspecified(.ipv4), IPAddress(hosts[2]) ?? .unspecified(.ipv4))
    }

    @Test func theSAsBetweenTwoAddressesAreFound() throws {
        var database = EngineDatabase()
        let there = try Samples.association(.outbound, spi: 1)
        try database.add(there, now: Instant(nanoseconds: 1))
        try database.add(
            Samples.association(.outbound, spi: 2, to: "192.0.2.3"), now: Instant(nanoseconds: 1))
        let found = database.snapshot.carriers.between(there.source, there.id.destination)
        #expect(found.map(\.association.id) == [there.id])
    }
}
