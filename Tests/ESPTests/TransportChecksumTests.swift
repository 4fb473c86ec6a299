import Algorithms
import ESP
import IPsec
import TestSupport
import Testing

struct TransportChecksumTests {
    /// The checksum of a TCP or UDP packet, computed the plain way; 0 when the one inside is right.
    private func residue(_ packet: [UInt8], _ family: AddressFamily) throws -> Int {
        let header = try IPHeader(packet.span)
        let upper = Array(packet[header.headerCount...])
        var octets = family == .ipv4 ? Array(packet[12..<20]) : Array(packet[8..<40])
        octets += [0, header.nextProtocol, UInt8(upper.count >> 8), UInt8(upper.count & 0xff)] + upper
        if !octets.count.isMultiple(of: 2) { octets.append(0) }
        var sum = 0
        for index in stride(from: 0, to: octets.count, by: 2) {
            sum += Int(octets[index]) << 8 + Int(octets[index + 1])
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return 0xffff - sum
    }

    private func transported(_ packet: [UInt8], _ family: AddressFamily, isUDP: Bool) throws -> [UInt8] {
        var sample = SampleSA.gcm
        (sample.mode, sample.family, sample.isUDP) = (.transport, family, isUDP)
        var outbound = try sample.outbound()
        var inbound = try sample.inbound()
        return try inbound.opening(try outbound.sealing(packet).bytes).bytes
    }

    @Test(arguments: [AddressFamily.ipv4, .ipv6], [6, 17] as [UInt8])
    func isRightAfterANAT(_ family: AddressFamily, _ number: UInt8) throws {
        for count in [20, 21, 33] {
            var random = FixedRandom(seed: UInt64(count))
            let packet = SamplePacket.header(family, count, proto: number) + random.bytes(count: count)
            #expect(try residue(packet, family) != 0)
            #expect(try residue(try transported(packet, family, isUDP: true), family) == 0)
            #expect(try transported(packet, family, isUDP: false) == packet)
        }
    }

    @Test func noChecksumStaysNone() throws {
        let packet = SamplePacket.udp(.ipv4, count: 9)
        #expect(try transported(packet, .ipv4, isUDP: true) == packet)
    }
}
