import Algorithms
import Glibc
import IPsec
import Testing

@testable import XFRM

/// Against the kernel we run on, in a network namespace of the test's own.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root and a kernel with XFRM"), .serialized)
struct KernelTests {
    private static let tunnel = PolicyTemplate(
        protocol: .esp, mode: .tunnel, tunnelSource: Samples.address("192.0.2.1"),
        tunnelDestination: Samples.address("192.0.2.2"), level: .unique(requestID: 9))

    private static func policy(
        _ direction: PolicyDirection, _ action: SecurityPolicy.Action = .protect([tunnel])
    ) -> SecurityPolicy {
        SecurityPolicy(
            selector: Samples.selector("10.1.0.0/24", "10.2.0.0/24"), direction: direction, action: action)
    }

    @Test func policiesAreSetReplacedListedAndDeleted() throws {
        let (listed, replaced, left, missing) = try OwnNetwork.run {
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            for direction in PolicyDirection.allCases {
                try answer { plane.set(Self.policy(direction), completion: $0) }
            }
            let listed = try answer(plane.policies)
            for direction in PolicyDirection.allCases {
                try answer { plane.set(Self.policy(direction, .discard), completion: $0) }
            }
            let replaced = try answer(plane.policies)
            for direction in PolicyDirection.allCases {
                try answer { plane.delete(Self.policy(direction).id, completion: $0) }
            }
            let left = try answer(plane.policies)
            let missing = Result { try answer { plane.delete(Self.policy(.inbound).id, completion: $0) } }
            return (listed, replaced, left, missing.failure)
        }
        #expect(Set(listed) == Set(PolicyDirection.allCases.map { Self.policy($0) }))
        #expect(Set(replaced) == Set(PolicyDirection.allCases.map { Self.policy($0, .discard) }))
        #expect(left.isEmpty)
        #expect(missing?.kind == .notFound)
    }

    @Test func onlyOurOwnPoliciesGoAtTheEnd() throws {
        let foreign = "ip xfrm policy add src 10.9.0.0/24 dst 10.8.0.0/24 dir out priority 7"
        let left = try OwnNetwork.run {
            OwnNetwork.shell(foreign)
            let first = try XFRMDataPlane()
            try answer { first.set(Self.policy(.outbound), completion: $0) }
            first.shutDown()
            let second = try XFRMDataPlane()
            defer { second.shutDown() }
            return try answer(second.policies)
        }
        #expect(left.map(\.priority) == [7])
    }

    @Test func aThousandPoliciesInFlight() throws {
        let count = try OwnNetwork.run {
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            for number in 0..<1000 {
                var policy = Self.policy(.outbound)
                policy.selector.destination = IPPrefix(
                    host: IPAddress(family: .ipv4, value: 0x0a02_0000 + UInt128(number)))
                plane.set(policy) { _ in }
            }
            return try answer(plane.policies).count
        }
        #expect(count == 1000)
    }

    @Test func theFirstPacketAsksForAnAssociation() throws {
        let notifications = try OwnNetwork.run {
            OwnNetwork.shell(
                "ip link add veth-a type veth peer name veth-b; ip link set veth-a up; ip link set veth-b up; "
                    + "ip addr add 10.1.0.1/24 dev veth-a; ip route add 10.2.0.0/24 dev veth-a; "
                    + "ip route add 192.0.2.2 dev veth-a")
            let heard = Heard()
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            plane.observe { heard.hear($0) }
            try answer { plane.set(Self.policy(.outbound), completion: $0) }
            OwnNetwork.shell("ping -c 1 -W 1 -I 10.1.0.1 10.2.0.1 > /dev/null 2>&1")
            _ = heard.waitForNext()
            return heard.all
        }
        guard case .acquire(let acquire)? = notifications.first else {
            Issue.record("no acquire came: \(notifications)")
            return
        }
        #expect(acquire.policy == Self.policy(.outbound))
        #expect(acquire.local == Samples.address("192.0.2.1"))
        #expect(acquire.remote == Samples.address("192.0.2.2"))
        #expect(acquire.sequence != 0)
        #expect(acquire.packet.source == Samples.prefix("10.1.0.1/32"))
        #expect(acquire.packet.destination == Samples.prefix("10.2.0.1/32"))
        #expect(acquire.packet.upperProtocol == 1)
    }

    @Test func ikeSocketsAreExemptAndListedNowhere() throws {
        let policies = try OwnNetwork.run {
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            for (family, domain) in [(AddressFamily.ipv4, AF_INET), (.ipv6, AF_INET6)] {
                for purpose in [IKESocketPurpose.ike, .natTraversal] {
                    let descriptor = socket(domain, Int32(SOCK_DGRAM.rawValue), 0)
                    defer { _ = close(descriptor) }
                    try plane.prepare(socket: descriptor, family: family, purpose: purpose)
                }
            }
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { _ = close(descriptor) }
            try plane.prepare(socket: descriptor, family: .ipv4, purpose: .ike)
            return try answer(plane.policies)
        }
        #expect(policies.isEmpty)
    }

    @Test func theTimeLimitOfLarvalAssociationsIsRaisedAndPutBack() throws {
        let (during, after) = try OwnNetwork.run {
            let raised = AcquireExpiry.raise()
            let during = AcquireExpiry.raise()
            raised.restore()
            let again = AcquireExpiry.raise()
            defer { again.restore() }
            return (during.changedSomething, again.changedSomething)
        }
        #expect(!during)
        #expect(after)
    }

    @Test(.enabled(if: !OwnNetwork.hasESP, "this kernel has ESP"))
    func aKernelWithoutESPSaysSo() throws {
        let (sentences, failure) = try OwnNetwork.run {
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            let refused = Result { try answer { plane.add(Samples.association(), completion: $0) } }
            return (XFRMDataPlane.probe(), refused.failure)
        }
        #expect(sentences.count == 1)
        #expect(failure?.kind == .unsupported)
        #expect(failure?.explanation.contains("--datapath userspace") == true)
    }
}

extension Result {
    /// The database's own failure, if that is what it is.
    var failure: DatabaseFailure? {
        if case .failure(let error) = self { error as? DatabaseFailure } else { nil }
    }
}
