import Credentials
import IPsec
import Negotiation
import Synchronization
import Testing

@testable import IKEDaemon

@Suite("Leases that survive a restart")
struct LeaseKeeperTests {
    /// A file in memory.
    private final class MemoryFile: Sendable {
        let lines: Mutex<[String]>
        let isFull = Mutex(false)

        init(_ lines: [String] = []) { self.lines = Mutex(lines) }

        var storage: LeaseStorage {
            LeaseStorage(
                read: { _ in .success(self.lines.withLock { $0 }) },
                append: { _, line in
                    guard !self.isFull.withLock({ $0 }) else { return LeaseFailure("no space left") }
                    self.lines.withLock { $0.append(line) }
                    return nil
                },
                replace: { _, lines in
                    self.lines.withLock { $0 = lines }
                    return nil
                })
        }
    }

    private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private static func policy(_ first: String, _ last: String) throws -> AddressPoolPolicy {
        AddressPoolPolicy(
            ranges: [
                try #require(TrafficSelector(first: try address(first), last: try address(last)))
            ], origin: "swiftike.conf:3")
    }

    private static func request(_ name: String, _ families: Set<AddressFamily> = [.ipv4]) throws
        -> LeaseRequest
    {
        LeaseRequest(
            identity: .fqdn(name), remoteAddress: try address("192.0.2.9"), families: families)
    }

    private func keeper(_ file: MemoryFile, _ policy: AddressPoolPolicy) -> LeaseKeeper {
        let keeper = LeaseKeeper(storage: file.storage, log: Samples.log())
        keeper.adopt(policy, file: "leases.txt")
        return keeper
    }

    @Test("whoever had an address has it again after a restart")
    func restart() throws {
        let file = MemoryFile()
        let policy = try Self.policy("10.9.0.1", "10.9.0.9")
        let first = keeper(file, policy)
        _ = first.grant(try Self.request("a"))
        #expect(try first.grant(Self.request("b")).get() == [try Self.address("10.9.0.2")])
        let second = keeper(file, policy)
        #expect(try second.grant(Self.request("b")).get() == [try Self.address("10.9.0.2")])
        #expect(try second.grant(Self.request("c")).get() == [try Self.address("10.9.0.3")])
        #expect(file.lines.withLock { $0.count } == 3)
    }

    @Test("what is no lease is left out, and what is out of date is written down no more")
    func repair() throws {
        let stale = (0..<200).map { "10.9.0.1 fqdn 6\($0 % 10)" }
        let file = MemoryFile(
            stale + ["nonsense", "10.9.0.2 fqdn 6", "10.9.0.3 type300 00", "10.9.0.4 fqdn "])
        _ = keeper(file, try Self.policy("10.9.0.1", "10.9.0.9"))
        #expect(file.lines.withLock { $0 } == ["10.9.0.1 fqdn 69"])
    }

    @Test("a file that cannot be written keeps nobody out")
    func full() throws {
        let file = MemoryFile()
        file.isFull.withLock { $0 = true }
        let keeper = keeper(file, try Self.policy("10.9.0.1", "10.9.0.1"))
        #expect(try keeper.grant(Self.request("a")).get() == [try Self.address("10.9.0.1")])
    }

    @Test("a refusal says whether the pool is used up or lacks the family, and where it is configured")
    func refusals() throws {
        let keeper = keeper(MemoryFile(), try Self.policy("10.9.0.1", "10.9.0.1"))
        _ = keeper.grant(try Self.request("a"))
        for (families, word) in [(Set([AddressFamily.ipv4]), "pool_size"), ([.ipv6], "network6")] {
            guard case .failure(let failure) = keeper.grant(try Self.request("b", families)) else {
                Issue.record("an address was given")
                continue
            }
            #expect(failure.sentence.contains(word))
            #expect(failure.sentence.contains("swiftike.conf:3"))
        }
        #expect(try keeper.grant(Self.request("a", [.ipv4, .ipv6])).get().count == 1)
        keeper.release([try Self.address("10.9.0.1")])
        keeper.release([try Self.address("10.9.0.1")])
        #expect(try keeper.grant(Self.request("b")).get() == [try Self.address("10.9.0.1")])
    }

    @Test(
        "every identity is told apart in the file",
        arguments: [
            .fqdn("a b\nc"), .userFQDN("ä@example.org"), .keyID([0, 255]), .distinguishedName([0x30, 0]),
            .other(type: 200, content: [1]), .address(IPAddress(family: .ipv6, value: 5)),
        ] as [Identity])
    func records(identity: Identity) throws {
        let record = LeaseRecord(address: try Self.address("fd09::1"), identity: identity)
        #expect(LeaseRecord(record.line) == record)
        #expect(!record.line.contains("\n"))
    }
}

@Suite("Policies that child SAs bring along")
struct BroughtPoliciesTests {
    private static func traffic(from outside: IPAddress, requestID: UInt32) throws -> ProtectedTraffic {
        ProtectedTraffic(
            tunnel: nil, local: [TrafficSelector(.any(.ipv4)), TrafficSelector(.any(.ipv6))],
            remote: [TrafficSelector(IPPrefix(host: try #require(IPAddress("10.9.0.5"))))], mode: .tunnel,
            requestID: requestID, localAddress: Samples.local, remoteAddress: outside)
    }

    private func templates(_ plane: NullDataPlane) -> Set<UInt32> {
        let found = Mutex<Set<UInt32>>([])
        plane.policies { result in
            let policies = (try? result.get()) ?? []
            found.withLock { $0 = Set(policies.flatMap(\.templates).map(\.requestID)) }
        }
        return found.withLock { $0 }
    }

    @Test("the later of two has its way, and the end of either leaves the other one's in place")
    func overlap() throws {
        for laterGoesFirst in [true, false] {
            let plane = NullDataPlane()
            let policies = BroughtPolicies(dataPlane: plane, log: Samples.log())
            let former = try Self.traffic(from: Samples.remote, requestID: 1)
            let later = try Self.traffic(from: Samples.local, requestID: 2)
            policies.protect(former)
            policies.protect(later)
            #expect(templates(plane) == [2])
            policies.unprotect(laterGoesFirst ? later : former)
            #expect(templates(plane) == [laterGoesFirst ? 1 : 2])
            policies.unprotect(laterGoesFirst ? former : later)
            #expect(templates(plane) == [])
        }
    }

    @Test("a policy of the configuration waits below those of child SAs, and is in place again after them")
    func configured() throws {
        let plane = NullDataPlane()
        let policies = BroughtPolicies(dataPlane: plane, log: Samples.log())
        let traffic = try Self.traffic(from: Samples.remote, requestID: 2)
        let configured = TunnelPolicies.protecting(try Self.traffic(from: Samples.remote, requestID: 1))
        func configure() { for policy in configured { policies.configure(policy) { _ in } } }
        configure()
        #expect(templates(plane) == [1])
        policies.protect(traffic)
        #expect(templates(plane) == [2])
        configure()
        #expect(templates(plane) == [2])
        policies.unprotect(traffic)
        #expect(templates(plane) == [1])
        policies.protect(traffic)
        for policy in configured { policies.unconfigure(policy.id) }
        #expect(templates(plane) == [2])
        policies.unprotect(traffic)
        #expect(templates(plane) == [])
        configure()
        for policy in configured { policies.unconfigure(policy.id) }
        #expect(templates(plane) == [])
    }

    @Test("pairs of selectors of one family get policies, each in every direction")
    func families() throws {
        let policies = TunnelPolicies.protecting(try Self.traffic(from: Samples.remote, requestID: 9))
        #expect(policies.map(\.direction) == [.outbound, .inbound, .forward])
    }
}
