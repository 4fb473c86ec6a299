import IPsec
import Netlink
import Testing
import Wire

@testable import XFRM

@Suite struct NotificationsTests {
    private func decoded(_ type: UInt16, _ bytes: [UInt8]) throws -> DatabaseNotification? {
        try Notifications.decode(type, bytes.span)
    }

    private static let policy = SecurityPolicy(
        selector: Samples.selector("10.1.0.0/24", "10.2.0.0/24"), direction: .outbound,
        action: .protect([
            PolicyTemplate(
                protocol: .esp, mode: .tunnel, tunnelSource: Samples.address("2001:db8::1"),
                tunnelDestination: Samples.address("2001:db8::2"), level: .unique(requestID: 7))
        ]))

    /// An IPv4 packet that met a policy with an IPv6 tunnel, on an interface.
    private static func acquire() throws -> [UInt8] {
        var event = NetlinkRequest(type: 0x17)
        event.putID(Samples.address("2001:db8::2"), spi: SPI(0), protocol: .esp)
        event.put(Samples.address("2001:db8::1"))
        event.put(Samples.selector("10.1.0.5/32", "10.2.0.9/32", proto: 6, port: 80))
        var payload = event.payload
        payload[88] = 3
        let policy = Samples.payload(try PolicyMessages.set(Self.policy))
        payload += policy.prefix(168)
        payload += Array(repeating: 0xff, count: 12) + [0x2a, 0, 0, 0]
        return payload + policy.dropFirst(168)
    }

    @Test func anAcquireTellsPacketPolicyAndEnds() throws {
        let expected = Acquire(
            sequence: 42, packet: Samples.selector("10.1.0.5/32", "10.2.0.9/32", proto: 6, port: 80),
            policy: Self.policy, local: Samples.address("2001:db8::1"), remote: Samples.address("2001:db8::2")
        )
        #expect(try decoded(0x17, try Self.acquire()) == .acquire(expected))
    }

    @Test func expiriesTellSoftFromHard() throws {
        let association = Samples.association()
        let state = Samples.payload(
            try StateMessages.add(association, traits: KernelTraits(knowsDirection: true)))
        let head = Array(state.prefix(KernelSize.state))
        #expect(try decoded(0x18, head + [0, 0, 0, 0, 0, 0, 0, 0]) == .expiring(association.id))
        #expect(try decoded(0x18, head + [1, 0, 0, 0, 0, 0, 0, 0]) == .expired(association.id))
    }

    @Test func aLarvalAssociationsExpiryIsNoConcern() throws {
        let state = Samples.payload(
            try StateMessages.add(Samples.association(spi: 0), traits: KernelTraits(knowsDirection: true)))
        #expect(try decoded(0x18, state.prefix(KernelSize.state) + [1, 0, 0, 0, 0, 0, 0, 0]) == nil)
    }

    private static func mapping() -> [UInt8] {
        var event = NetlinkRequest(type: 0x26)
        event.put(Samples.association().id)
        event.put(UInt32(9))
        event.put(Samples.address("198.51.100.1"))
        event.put(Samples.address("198.51.100.2"))
        event.putNetworkOrder(UInt16(4500))
        event.putNetworkOrder(UInt16(31337))
        return event.payload
    }

    @Test func aMappingTellsTheNewEnd() throws {
        #expect(
            try decoded(0x26, Self.mapping())
                == .mappingChanged(
                    Samples.association().id, new: Endpoint(Samples.address("198.51.100.2"), port: 31337)))
    }

    @Test func cutEventsAreNone() throws {
        let state = Samples.payload(
            try StateMessages.add(Samples.association(), traits: KernelTraits(knowsDirection: true)))
        let expire = state.prefix(KernelSize.state) + [1]
        // The acquire without its templates is whole, though of no use.
        for (type, bytes) in [(0x17, try Self.acquire()), (0x18, Array(expire)), (0x26, Self.mapping())] {
            for length in 0..<bytes.count where !(type == 0x17 && length == 280) {
                #expect(throws: WireError.self) {
                    try decoded(UInt16(type), Array(bytes.prefix(length)))
                }
            }
        }
    }

    @Test func randomBytesDoNoHarm() {
        var generator = SystemRandomNumberGenerator()
        for type in [0x17, 0x18, 0x26] as [UInt16] {
            for _ in 0..<2000 {
                let count = Int.random(in: 0..<420, using: &generator)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                _ = try? decoded(type, bytes)
                _ = try? SecurityPolicy(kernel: bytes.span)
                _ = try? SecurityAssociation(kernel: bytes.span, assuming: .inbound)
            }
        }
    }
}
