import Algorithms
import ESP
import IPsec
import TestSupport
import Testing

/// AH over source routes: the ICV is over the packet as it is at the end of its way (RFC 4302 section 3.3.3.1).
struct AHRouteTests {
    /// A packet as it left arrives as the stops changed it.
    private func check(_ left: [UInt8], _ family: AddressFamily, travel: ([UInt8]) -> [UInt8]) throws {
        var sample = SampleAH(integrity: .hmacSHA1)
        sample.family = family
        var outbound = try sample.outbound()
        let sealed = try outbound.sealing(left)
        let arrived = travel(sealed)
        #expect(arrived != sealed)
        var inbound = try sample.inbound()
        #expect(try inbound.opening(arrived) == normal(travel(left), family))
        var elsewhere = arrived
        elsewhere[family == .ipv4 ? 19 : 39] ^= 1
        inbound = try sample.inbound()
        #expect(inbound.refusal(of: elsewhere) == .integrityFailed)
    }

    private func normal(_ packet: [UInt8], _ family: AddressFamily) -> [UInt8] {
        guard family == .ipv4 else { return packet }
        let count = Int(packet[0] & 0x0f) * 4
        return SamplePacket.checksummed(Array(packet.prefix(count))) + packet.dropFirst(count)
    }

    /// RFC 2460 section 4.4: at each stop the destination and the next address change places.
    @Test(arguments: [1, 2, 3] as [UInt8])
    func aRoutingHeaderOfTypeZero(_ stops: UInt8) throws {
        let addresses = (7...9 as ClosedRange<UInt8>).map { SampleSA.address(.ipv6, $0).bytes }
        let upper: [UInt8] = [0x04, 0xd2, 0, 53, 0, 8, 0, 0]
        let route: [UInt8] = [17, 6, 0, stops, 0, 0, 0, 0] + addresses.flatMap { $0 }
        let packet = SamplePacket.header(.ipv6, route.count + upper.count, proto: 43) + route + upper
        try check(packet, .ipv6) { left in
            var packet = left
            for stop in Int(3 - stops)..<3 {
                let place = 48 + 16 * stop
                let next = Array(packet[place..<place + 16])
                packet.replaceSubrange(place..<place + 16, with: packet[24..<40])
                packet.replaceSubrange(24..<40, with: next)
                packet[43] -= 1
                packet[7] -= 1
            }
            return packet
        }
    }

    /// RFC 791: at each stop the destination becomes the next address, and the stop's own is recorded.
    @Test(arguments: [131, 137] as [UInt8])
    func anIPv4SourceRoute(_ number: UInt8) throws {
        let route: [UInt8] = [number, 11, 4, 192, 0, 2, 8, 192, 0, 2, 9, 0]
        var header: [UInt8] = [
            0x48, 0, 0, 40, 0x12, 0x34, 0x40, 0, 61, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 7,
        ]
        header = SamplePacket.checksummed(header + route)
        try check(header + [0x04, 0xd2, 0, 53, 0, 8, 0, 0], .ipv4) { left in
            var packet = left
            for stop in 0..<2 {
                let place = 23 + 4 * stop
                packet.replaceSubrange(16..<20, with: packet[place..<place + 4])
                packet.replaceSubrange(place..<place + 4, with: [192, 0, 2, 100 + UInt8(stop)])
                packet[22] += 4
                packet[8] -= 1
            }
            return packet
        }
    }

    /// A route at its end is covered as it is.
    @Test func aFinishedRouteIsImmutable() throws {
        let route: [UInt8] = [17, 2, 0, 0, 0, 0, 0, 0] + SampleSA.address(.ipv6, 7).bytes
        let upper: [UInt8] = [0x04, 0xd2, 0, 53, 0, 8, 0, 0]
        let packet = SamplePacket.header(.ipv6, route.count + upper.count, proto: 43) + route + upper
        var sample = SampleAH(integrity: .hmacSHA1)
        sample.family = .ipv6
        var outbound = try sample.outbound()
        let sealed = try outbound.sealing(packet)
        for index in 40..<64 {
            var altered = sealed
            altered[index] ^= 4
            var inbound = try sample.inbound()
            #expect(inbound.refusal(of: altered) != nil, "octet \(index)")
        }
        var inbound = try sample.inbound()
        #expect(try inbound.opening(sealed) == packet)
    }

    /// Nobody tells us here how segment routing (type 4) changes a packet, nor what 3 stops of 1 mean.
    @Test(arguments: [[17, 2, 4, 1], [17, 2, 0, 3]] as [[UInt8]])
    func anUnknownRouteWithStopsToComeIsRefused(_ front: [UInt8]) throws {
        let route = front + [0, 0, 0, 0] + SampleSA.address(.ipv6, 7).bytes
        let upper: [UInt8] = [0x04, 0xd2, 0, 53, 0, 8, 0, 0]
        let packet = SamplePacket.header(.ipv6, route.count + upper.count, proto: 43) + route + upper
        var sample = SampleAH(integrity: .hmacSHA1)
        sample.family = .ipv6
        var outbound = try sample.outbound()
        var refusal: DropReason?
        do throws(DropReason) { _ = try outbound.sealing(packet) } catch { refusal = error }
        #expect(refusal == .sourceRouted)
    }
}
