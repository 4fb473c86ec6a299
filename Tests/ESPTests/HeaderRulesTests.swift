import Algorithms
import ESP
import IPsec
import TestSupport
import Testing

/// What crosses between inner and outer headers, in all four nestings of IPv4 and IPv6.
struct HeaderRulesTests {
    struct Nesting: Sendable, CustomTestStringConvertible {
        let inner: AddressFamily
        let outer: AddressFamily

        var testDescription: String { "\(inner) in \(outer)" }

        static let all = [AddressFamily.ipv4, .ipv6].flatMap { inner in
            [AddressFamily.ipv4, .ipv6].map { Nesting(inner: inner, outer: $0) }
        }
    }

    private func association(_ nesting: Nesting, _ flags: Set<SAFlag>) -> SecurityAssociation {
        var sample = SampleSA.gcm
        sample.family = nesting.outer
        var association = sample.association(.outbound)
        association.flags = flags
        return association
    }

    private func outbound(_ nesting: Nesting, _ flags: Set<SAFlag> = []) throws -> OutboundSA {
        var random = FixedRandom(seed: 5)
        return try OutboundSA(association(nesting, flags), random: &random)
    }

    /// The traffic class of a header, read the plain way.
    private func trafficClass(_ packet: [UInt8]) -> UInt8 {
        packet[0] >> 4 == 4 ? packet[1] : packet[0] << 4 | packet[1] >> 4
    }

    /// RFC 6040 section 4.1: normal mode copies all four values, compatibility mode sends Not-ECT.
    @Test(arguments: Nesting.all)
    func theOuterHeaderTakesDSCPAndECN(_ nesting: Nesting) throws {
        for ecn in 0..<4 as Range<UInt8> {
            let packet = SamplePacket.udp(nesting.inner, count: 8, trafficClass: 0xb8 | ecn)
            let cases: [(Set<SAFlag>, UInt8)] = [
                ([], 0xb8 | ecn), ([.noECN], 0xb8), ([.noEncapsulateDSCP], ecn),
                ([.noECN, .noEncapsulateDSCP], 0),
            ]
            for (flags, expected) in cases {
                var outbound = try outbound(nesting, flags)
                let (bytes, sealed) = try outbound.sealing(packet)
                #expect(trafficClass(bytes) == expected)
                #expect(sealed.trafficClass == expected)
                #expect(sealed.hopLimit == 64)
                #expect(bytes[nesting.outer == .ipv4 ? 8 : 7] == 64)
            }
        }
    }

    /// RFC 6040 section 4.2, figure 4, with the inner DSCP kept or replaced.
    @Test(arguments: Nesting.all)
    func theInnerHeaderGetsDSCPAndECN(_ nesting: Nesting) throws {
        let table: [[UInt8?]] = [[0, 0, 0, nil], [1, 1, 1, 3], [2, 1, 2, 3], [3, 3, 3, 3]]
        for inner in 0..<4 as Range<UInt8> {
            let packet = SamplePacket.udp(nesting.inner, count: 8, trafficClass: 0x28 | inner)
            var outbound = try outbound(nesting)
            let sealed = try outbound.sealing(packet).bytes
            for outer in 0..<4 as Range<UInt8> {
                let arrived = remarked(sealed, 0xb8 | outer)
                let normal = table[Int(inner)][Int(outer)]
                let cases: [(Set<SAFlag>, UInt8?)] = [
                    ([], normal.map { 0x28 | $0 }), ([.decapsulateDSCP], normal.map { 0xb8 | $0 }),
                    ([.noECN], 0x28 | inner), ([.noECN, .decapsulateDSCP], 0xb8 | inner),
                ]
                for (flags, expected) in cases {
                    var inbound = try InboundSA(association(nesting, flags))
                    guard let expected else {
                        #expect(inbound.refusal(of: arrived) == .congestionMarkLost)
                        continue
                    }
                    let opened = try inbound.opening(arrived).bytes
                    #expect(
                        opened == SamplePacket.udp(nesting.inner, count: 8, trafficClass: expected),
                        "\(inner) in \(outer), \(flags)")
                }
            }
        }
    }

    /// A packet whose outer header a router has marked.
    private func remarked(_ packet: [UInt8], _ trafficClass: UInt8) -> [UInt8] {
        var packet = packet
        guard packet[0] >> 4 == 4 else {
            packet[0] = 0x60 | trafficClass >> 4
            packet[1] = packet[1] & 0x0f | trafficClass << 4
            return packet
        }
        packet[1] = trafficClass
        return SamplePacket.checksummed(Array(packet.prefix(20))) + packet.dropFirst(20)
    }

    @Test(arguments: Nesting.all)
    func dontFragmentIsCopiedUnlessToldOtherwise(_ nesting: Nesting) throws {
        guard nesting.outer == .ipv4 else { return }
        var free = SamplePacket.udp(.ipv4, count: 8)
        free[6] = 0
        free = SamplePacket.checksummed(Array(free.prefix(20))) + free.dropFirst(20)
        var copying = try outbound(nesting)
        var clearing = try outbound(nesting, [.noPMTUDiscovery])
        let packet = SamplePacket.udp(nesting.inner, count: 8)
        #expect(try copying.sealing(packet).bytes[6] == 0x40)
        #expect(try copying.sealing(free).bytes[6] == 0)
        let (bytes, sealed) = try clearing.sealing(packet)
        #expect(bytes[6] == 0 && !sealed.dontFragment)
    }

    @Test(arguments: Nesting.all)
    func theFlowLabelIsCopiedFromIPv6ToIPv6(_ nesting: Nesting) throws {
        guard nesting.outer == .ipv6 else { return }
        var packet = SamplePacket.udp(nesting.inner, count: 8, trafficClass: 0xb8)
        if nesting.inner == .ipv6 { packet.replaceSubrange(1..<4, with: [0x8a, 0xbc, 0xde]) }
        var outbound = try outbound(nesting)
        let bytes = try outbound.sealing(packet).bytes
        #expect(
            Array(bytes[0..<4]) == (nesting.inner == .ipv6 ? [0x6b, 0x8a, 0xbc, 0xde] : [0x6b, 0x80, 0, 0]))
    }

    /// Whoever forwards decrements, on either side (RFC 4301 section 5.1.2.1 note 2).
    @Test(arguments: Nesting.all)
    func theInnerTimeToLiveIsLeftAlone(_ nesting: Nesting) throws {
        var outbound = try outbound(nesting)
        var inbound = try InboundSA(association(nesting, []))
        let packet = SamplePacket.udp(nesting.inner, count: 8)
        var bytes = try outbound.sealing(packet).bytes
        // Routers decrement the outer one alone.
        bytes[nesting.outer == .ipv4 ? 8 : 7] = 3
        #expect(try inbound.opening(bytes).bytes == packet)
    }

    @Test func whatOnlyMobileIPv6AsksForIsRefused() {
        for flag in [SAFlag.wildcardReceive, .icmp] {
            #expect(throws: DatabaseFailure.self) {
                _ = try outbound(Nesting(inner: .ipv4, outer: .ipv4), [flag]).lastSequence
            }
        }
    }
}
