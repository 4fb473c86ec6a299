import IPsec
import Negotiation
import Testing

@testable import IKEv2

@Suite("Configuration attributes and what they mean (RFC 7296 section 3.15.1)")
struct AssignedAttributesTests {
    private typealias Attribute = ConfigurationPayload.Attribute

    private static func read(_ attributes: [ConfigurationPayload.Attribute]) -> AssignedConfiguration {
        AssignedConfiguration(ConfigurationPayload(.reply, attributes))
    }

    @Test("what is given comes back as it was")
    func roundTrip() throws {
        let net = try #require(IPAddress("10.1.0.0"))
        let wide = try #require(IPAddress("fd01::"))
        let given = AssignedConfiguration(
            addresses: [try #require(IPAddress("10.9.0.5")), try #require(IPAddress("fd09::5"))],
            nameServers: [try #require(IPAddress("10.1.0.53")), try #require(IPAddress("fd01::53"))],
            networks: [
                try #require(IPPrefix(net, length: 13)), .any(.ipv4),
                try #require(IPPrefix(wide, length: 64)),
            ], domains: ["example.org"])
        let payload = ConfigurationPayload(.reply, given.attributes)
        let body = try Payload.configuration(payload).body()
        #expect(AssignedConfiguration(try ConfigurationPayload(body: body.span)) == given)
    }

    @Test(
        "no host can have it",
        arguments: [
            [0, 0, 0, 0], [127, 0, 0, 1], [224, 0, 0, 1], [255, 255, 255, 255], [10, 9, 0], [],
        ] as [[UInt8]])
    func addresses(value: [UInt8]) {
        #expect(Self.read([.init(.internalIPv4Address, value)]).addresses.isEmpty)
        #expect(Self.read([.init(.internalIPv4DNS, value)]).nameServers.isEmpty)
    }

    @Test("an IPv6 address has a prefix length behind it, which the address does not depend on")
    func prefixLengths() throws {
        let address = try #require(IPAddress("fd09::5"))
        for tail in [[64], [128], []] as [[UInt8]] {
            #expect(Self.read([.init(.internalIPv6Address, address.bytes + tail)]).addresses == [address])
        }
        let linkLocal = try #require(IPAddress("fe80::1"))
        #expect(Self.read([.init(.internalIPv6Address, linkLocal.bytes)]).addresses.isEmpty)
    }

    @Test("a mask with holes, a prefix that is too long and half a network are none")
    func networks() {
        let wrong: [[UInt8]] = [
            [10, 0, 0, 0, 255, 0, 255, 0], [10, 0, 0, 0], [UInt8](repeating: 0, count: 16) + [129],
            [UInt8](repeating: 0, count: 17) + [1],
        ]
        for value in wrong {
            #expect(Self.read([.init(.internalIPv4Subnet, value)]).networks.isEmpty)
            #expect(Self.read([.init(.internalIPv6Subnet, value)]).networks.isEmpty)
        }
    }

    @Test("a name that could forge a line of a log or of a file is no domain")
    func domains() {
        for name in ["a\nb", "a b", "", "ä.example", String(repeating: "a", count: 256), "$(x)"] {
            #expect(Self.read([.init(.internalDNSDomain, Array(name.utf8))]).domains.isEmpty)
        }
    }

    @Test("one address of a family and a bounded number of all else is taken")
    func bounds() {
        let many = (1...200).map { Attribute(.internalIPv4DNS, [10, 0, 0, $0 % 250]) }
        let addresses = (1...3).map { Attribute(.internalIPv4Address, [10, 9, 0, $0]) }
        let read = Self.read(many.map { $0 } + addresses)
        #expect(read.nameServers.count == 64)
        #expect(read.addresses.map(\.description) == ["10.9.0.1"])
    }
}
