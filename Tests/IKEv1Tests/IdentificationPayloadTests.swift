import Credentials
import IPsec
import Testing

@testable import IKEv1

@Suite("Identification payloads")
struct IdentificationPayloadTests {
    @Test(
        "selectors become the simplest identification and come back",
        arguments: [
            ("10.1.0.0", "10.1.0.255", IdentificationType.ipv4Subnet), ("10.1.0.7", "10.1.0.7", .ipv4Address),
            ("10.1.0.1", "10.1.0.9", .ipv4Range), ("0.0.0.0", "255.255.255.255", .ipv4Subnet),
            ("2001:db8::", "2001:db8::ffff", .ipv6Subnet), ("::1", "::1", .ipv6Address),
            ("::1", "::3", .ipv6Range), ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .ipv6Subnet),
        ])
    func selectors(first: String, last: String, type: IdentificationType) throws {
        let low = try #require(IPAddress(first))
        let high = try #require(IPAddress(last))
        let selector = try #require(TrafficSelector(first: low, last: high, upperProtocol: 6, ports: 80...80))
        let payload = try #require(IdentificationPayload(selector))
        #expect(payload.type == type)
        let body = payload.body
        #expect(try IdentificationPayload(body: body.span).trafficSelector == selector)
    }

    @Test("a range of ports has no word in IKEv1")
    func ports() throws {
        let host = try #require(IPAddress("192.0.2.1"))
        let selector = try #require(
            TrafficSelector(first: host, last: host, upperProtocol: 6, ports: 80...90))
        #expect(IdentificationPayload(selector) == nil)
    }

    @Test(
        "identities come back",
        arguments: [
            Identity.fqdn("gw.example.org"), .userFQDN("a@example.org"), .keyID([0, 255]),
            .distinguishedName([0x30, 0]), .other(type: 10, content: [1]),
            .address(.init(family: .ipv4, value: 1)),
            .address(.init(family: .ipv6, value: 1)),
        ])
    func identities(identity: Identity) throws {
        let payload = IdentificationPayload(identity, protocolNumber: 17, port: 500)
        let body = payload.body
        let again = try IdentificationPayload(body: body.span)
        #expect(again == payload)
        #expect(try again.identity == identity)
    }

    @Test("empty identities are refused", arguments: UInt8.min...UInt8.max)
    func empty(type: UInt8) {
        let payload = IdentificationPayload(type: IdentificationType(rawValue: type), content: [])
        #expect(throws: MessageError.self) { try payload.identity }
    }

    @Test("names that are not text stay octets, so that two of them never become one")
    func notText() throws {
        let payload = IdentificationPayload(type: .fqdn, content: [0xff])
        #expect(try payload.identity == .other(type: 2, content: [0xff]))
    }

    @Test(
        "masks with holes, reversed ranges and wrong sizes are refused",
        arguments: [
            (IdentificationType.ipv4Subnet, [10, 0, 0, 0, 255, 0, 255, 0]),
            (.ipv4Range, [10, 0, 0, 9, 10, 0, 0, 1]), (.ipv4Address, [10, 0, 0]),
            (.ipv4Address, Array(repeating: 0, count: 16)), (.ipv4Subnet, [10, 0, 0, 0]),
            (.ipv6Address, [10, 0, 0, 1]), (.ipv6Range, Array(repeating: 0, count: 33)),
            (.fqdn, [97]), (IdentificationType(rawValue: 0), [0, 0, 0, 0]),
        ] as [(IdentificationType, [UInt8])])
    func badSelectors(type: IdentificationType, content: [UInt8]) {
        #expect(throws: MessageError.self) {
            try IdentificationPayload(type: type, content: content).trafficSelector
        }
    }
}
