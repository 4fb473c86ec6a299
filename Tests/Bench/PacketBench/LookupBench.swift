import ControlProtocol
import ESP
import IPsec
import PlainESP
import UserspaceIPsec

/// What finding the policy of a packet costs with few policies and with many.
struct LookupBench {
    /// How the policies differ from one another.
    enum Mix: String, CaseIterable {
        /// In both hosts.
        case hosts = "host to host"
        /// In the source alone: one destination network for all.
        case sources = "one destination"
        /// In both networks, whose prefixes have any length, and in priority.
        case networks = "any prefix lengths"
    }

    struct Row {
        let mix: Mix
        let count: Int
        /// With nothing remembered.
        var cold = Series()
        /// With the decision remembered.
        var cached = Series()
    }

    static let counts = [1, 1000, 100_000]
    private static let flows = 4096
    let runs: Int

    func rows() throws -> [Row] {
        try Mix.allCases.flatMap { mix in try Self.counts.map { try row(mix, $0) } }
    }

    private func row(_ mix: Mix, _ count: Int) throws -> Row {
        let policies = (0..<count).map { Self.policy(mix, UInt32($0)) }
        let table = PolicyTable(policies.map { PolicyRule($0) })
        let flows = try (0..<Self.flows).map { index in
            try Self.flow(policies[Int(Self.mixed(UInt32(index)) % UInt32(count))].selector)
        }
        var row = Row(mix: mix, count: count)
        var cache = FlowCache<PolicyRule>()
        for flow in flows {
            guard let rule = table.rule(for: flow) else { throw BenchFailure("a policy was not found") }
            cache.note(rule, for: flow)
        }
        // Flows that have lost their place to others are no hits.
        let remembered = flows.filter { cache[$0] != nil }
        for run in 0...runs {
            let cold = Self.time(flows) { table.rule(for: $0) }
            let cached = Self.time(remembered) { table.rule(for: $0, remembered: &cache) }
            guard run > 0 else { continue }
            row.cold.add(nanoseconds: cold, operations: Self.rounds * flows.count)
            row.cached.add(nanoseconds: cached, operations: Self.rounds * remembered.count)
        }
        return row
    }

    private static let rounds = 50

    /// Nanoseconds that so many rounds of lookups take.
    @inline(__always)
    private static func time(_ flows: [PacketFlow], _ lookup: (PacketFlow) -> PolicyRule?) -> UInt64 {
        var found = 0
        let start = plain_thread_nanoseconds()
        for _ in 0..<rounds {
            for flow in flows where lookup(flow) != nil { found += 1 }
        }
        let spent = plain_thread_nanoseconds() - start
        precondition(found == rounds * flows.count, "what was found once is found again")
        return spent
    }

    private static func policy(_ mix: Mix, _ number: UInt32) -> SecurityPolicy {
        let source = address(0x0a00_0000 + number)
        let selector: Selector
        switch mix {
        case .hosts:
            selector = Selector(
                source: IPPrefix(host: source), destination: IPPrefix(host: address(0xac10_0000 + number)))
        case .sources:
            selector = Selector(source: IPPrefix(host: source), destination: .any(.ipv4))
        case .networks:
            let random = mixed(number)
            selector = Selector(
                source: network(address(random), Int(random % 25) + 8),
                destination: network(address(mixed(random)), Int(random / 25 % 25) + 8))
        }
        return SecurityPolicy(
            selector: selector, direction: .outbound, action: .bypass, priority: 1000 + number % 7)
    }

    private static func network(_ address: IPAddress, _ length: Int) -> IPPrefix {
        IPPrefix(address, length: length) ?? IPPrefix(host: address)
    }

    static func address(_ number: UInt32) -> IPAddress {
        IPAddress(family: .ipv4, value: UInt128(number))
    }

    /// The number scattered over its range, each time the same.
    static func mixed(_ number: UInt32) -> UInt32 {
        var value = (number ^ number >> 16) &* 0x7feb_352d
        value = (value ^ value >> 15) &* 0x846c_a68b
        return value ^ value >> 16
    }

    /// A packet from the first address of the one network to the first of the other.
    static func flow(_ selector: Selector) throws -> PacketFlow {
        let header: [UInt8] = [0x45, 0, 0, 28, 0, 1, 0x40, 0, 64, 17, 0, 0]
        let ports: [UInt8] = [0x04, 0xd2, 0x16, 0x2e, 0, 8, 0, 0]
        let packet = header + selector.source.address.bytes + selector.destination.address.bytes + ports
        return try PacketFlow(packet.span)
    }
}

/// What is asked: a cost with a hundred thousand of something is a few times that with one, never more.
enum Flatness {
    /// Caches of the processor hold less of what is larger, so that no cost stays quite the same.
    private static let most: Int64 = 4

    /// Whether the last of some series, of the most of something, is not too far above the first, of one.
    static func holds(_ series: [Series]) -> Bool {
        guard let first = series.first, let last = series.last else { return true }
        return last.median <= most * first.median
    }
}

extension LookupBench {
    /// Whether what a worker remembers of a flow hides how many policies there are.
    static func isFlat(_ rows: [Row]) -> Bool {
        Mix.allCases.allSatisfy { mix in Flatness.holds(rows.filter { $0.mix == mix }.map(\.cached)) }
    }
}

extension LookupBench.Row {
    var line: String {
        "policy lookup, \(mix.rawValue), \(count) policies: \(cold.text), remembered \(cached.text)"
    }

    var json: JSONValue {
        .object([
            .init("mix", .string(mix.rawValue)), .init("policies", .integer(Int64(count))),
            .init("cold", cold.json), .init("cached", cached.json),
        ])
    }
}
