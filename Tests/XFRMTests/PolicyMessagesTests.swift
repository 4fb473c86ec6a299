import IPsec
import Netlink
import Testing
import Wire

@testable import XFRM

@Suite struct PolicyMessagesTests {
    private static let tunnel = PolicyTemplate(
        protocol: .esp, mode: .tunnel, tunnelSource: Samples.address("192.0.2.1"),
        tunnelDestination: Samples.address("192.0.2.2"), level: .unique(requestID: 16390))
    private static let transport = PolicyTemplate(protocol: .esp, mode: .transport)
    private static let selectors = [
        Samples.selector("10.1.0.0/24", "10.2.0.0/24"),
        Samples.selector("2001:db8:1::/48", "::/0", proto: 6, port: 443),
        Samples.selector("192.0.2.1/32", "192.0.2.2/32", proto: 17, port: 1701),
    ]
    private static let actions: [SecurityPolicy.Action] = [
        .bypass, .discard, .protect([tunnel]), .protect([transport]),
        .protect([
            PolicyTemplate(protocol: .ipcomp, mode: .transport, level: .use),
            PolicyTemplate(protocol: .ah, mode: .transport),
        ]),
    ]

    private func decoded(_ bytes: [UInt8]) throws -> SecurityPolicy? {
        try SecurityPolicy(kernel: bytes.span)
    }

    @Test(arguments: PolicyDirection.allCases, actions)
    func everyPolicyReadsBack(direction: PolicyDirection, action: SecurityPolicy.Action) throws {
        for selector in Self.selectors {
            let policy = SecurityPolicy(
                selector: selector, direction: direction, action: action, priority: 4711)
            let bytes = Samples.payload(try PolicyMessages.set(policy))
            #expect(try decoded(bytes) == policy)
        }
    }

    @Test func templatesTakeEveryAlgorithm() throws {
        let policy = SecurityPolicy(
            selector: Self.selectors[0], direction: .inbound, action: .protect([Self.tunnel]))
        let bytes = Samples.payload(try PolicyMessages.set(policy))
        let template = try #require(try Samples.attributes(bytes, after: 168)[5])
        #expect(template.count == 64)
        #expect(Array(template[52..<64]) == Array(repeating: 0xff, count: 12))
        #expect(Array(template[16..<21]) == [0, 0, 0, 0, 50])
        #expect(Array(template[44..<48]) == [0x06, 0x40, 0, 0])
    }

    @Test func aSkippableTunnelIsRequiredOnOutput() throws {
        var template = Self.tunnel
        template.level = .use
        var policy = SecurityPolicy(
            selector: Self.selectors[0], direction: .outbound, action: .protect([template]))
        let outbound = try decoded(Samples.payload(try PolicyMessages.set(policy)))
        policy.direction = .inbound
        let inbound = try decoded(Samples.payload(try PolicyMessages.set(policy)))
        #expect(outbound?.templates.first?.level == .require)
        #expect(inbound?.templates.first?.level == .use)
    }

    @Test func aSocketsBypassIsAPlainStructure() {
        let value = PolicyMessages.socketBypass(.ipv6, .outbound)
        #expect(value.count == 168)
        #expect(Array(value[40..<44]) == [10, 0, 0, 0])
        #expect(value[160] == 1)
        #expect(value[161] == 0)
    }

    @Test func whatTheKernelCannotTakeIsRefusedHere() {
        var noEnds = Self.tunnel
        noEnds.tunnelSource = nil
        let actions: [SecurityPolicy.Action] = [
            .protect([]), .protect([noEnds]), .protect(Array(repeating: Self.transport, count: 7)),
        ]
        for action in actions {
            #expect(throws: DatabaseFailure.self) {
                try PolicyMessages.set(
                    SecurityPolicy(selector: Self.selectors[0], direction: .outbound, action: action))
            }
        }
    }

    @Test func whatOurFormCannotSayIsLeftOut() throws {
        let policy = SecurityPolicy(selector: Self.selectors[0], direction: .inbound, action: .bypass)
        let plain = Samples.payload(try PolicyMessages.set(policy))
        var perSocket = plain
        perSocket[156] = 3
        var masked = plain
        masked[34] = 0xf0
        var onInterface = plain
        onInterface[48] = 1
        var marked = try PolicyMessages.set(policy)
        marked.putAttribute(21) { $0.put([1, 0, 0, 0, 0xff, 0, 0, 0]) }
        for bytes in [perSocket, masked, onInterface, Samples.payload(marked)] {
            #expect(try decoded(bytes) == nil)
        }
        #expect(try decoded(plain) == policy)
    }

    @Test func aCutMessageIsNoPolicyAtAnyLength() throws {
        let policy = SecurityPolicy(
            selector: Self.selectors[0], direction: .inbound, action: .protect([Self.tunnel]))
        let bytes = Samples.payload(try PolicyMessages.set(policy))
        for length in 0..<bytes.count where length != 168 {
            #expect(throws: WireError.self) { try decoded(Array(bytes.prefix(length))) }
        }
    }
}
