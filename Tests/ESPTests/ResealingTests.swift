import ESP
import IPsec
import Testing

/// A captured packet is made again octet by octet from its payload, IV and sequence number.
struct ResealingTests {
    @Test(arguments: SampleSA.transforms)
    func givesTheSameOctets(_ sample: SampleSA) throws {
        var outbound = try sample.outbound()
        var resealing = try ESPResealing(sample.association(.inbound))
        for count in [0, 1, 37, 1300] {
            let sealed = try outbound.sealing(SamplePacket.udp(sample.family, count: count)).bytes
            let packet = try ESPPacket(inIPPacket: sealed.indices, of: sealed.span)
            let esp = Array(sealed[packet.range])
            let again = resealing.resealed(esp, sequence: outbound.lastSequence)
            #expect(again == esp)
        }
    }

    @Test func refusesWhatIsNotGenuine() throws {
        var outbound = try SampleSA.gcm.outbound()
        var resealing = try ESPResealing(SampleSA.gcm.association(.inbound))
        var esp = try outbound.sealing(SamplePacket.udp(.ipv4, count: 9)).bytes.dropFirst(20)
        esp[esp.endIndex - 1] ^= 1
        let altered = resealing.resealed(Array(esp), sequence: 1)
        let short = resealing.resealed([], sequence: 1)
        #expect(altered == nil && short == nil)
    }
}
