import Algorithms
import ESP
import IPsec
import TestSupport
import Testing

/// Every bit of sealed packets, turned on its way.
struct TamperingTests {
    static let transforms: [SampleSA] = [
        SampleSA(encryption: CipherChoice(.aesGCM16)), SampleSA(encryption: CipherChoice(.aesGMAC)),
        SampleSA(encryption: CipherChoice(.chaCha20Poly1305)), SampleSA(encryption: CipherChoice(.aesCCM12)),
        SampleSA(encryption: CipherChoice(.aesCBC), integrity: .hmacSHA256),
        SampleSA(encryption: CipherChoice(.aesCTR), integrity: .aesXCBC),
        SampleSA(encryption: CipherChoice(.null), integrity: .hmacSHA1),
    ]

    /// An SA without a window, so that one engine takes packet after packet.
    private func association(
        _ sample: SampleSA, _ mode: EncapsulationMode, _ family: AddressFamily, isExtended: Bool
    ) -> SecurityAssociation {
        var sample = sample
        (sample.mode, sample.family, sample.replayWindow) = (mode, family, 0)
        sample.selector = Selector(
            source: IPPrefix(host: SampleSA.address(family, 1)),
            destination: IPPrefix(host: SampleSA.address(family, 2)))
        var association = sample.association(.inbound)
        association.usesExtendedSequenceNumbers = isExtended
        association.replay.outboundSequence = 5
        return association
    }

    /// From the SPI to the end of the ICV nothing may change; of the outer header nothing is authenticated.
    @Test(arguments: transforms, [EncapsulationMode.tunnel, .transport, .beet])
    func noBitOfESPMayChange(_ sample: SampleSA, _ mode: EncapsulationMode) throws {
        for (family, isExtended) in [(AddressFamily.ipv4, false), (.ipv6, true)] {
            let association = association(sample, mode, family, isExtended: isExtended)
            var random = FixedRandom(seed: 2)
            var outbound = try OutboundSA(association, random: &random)
            var inbound = try InboundSA(association)
            let (bytes, sealed) = try outbound.sealing(SamplePacket.udp(family, count: 9))
            let room = [UInt8](repeating: 0, count: PacketRoom.inboundHeadroom)
            let start = sealed.esp.lowerBound - sealed.packet.lowerBound
            let outer = ESPPacket.Outer(source: association.source, destination: association.id.destination)
            for bit in start * 8..<bytes.count * 8 {
                var altered = room + bytes[start...]
                altered[room.count + bit / 8 - start] ^= 1 << UInt8(bit % 8)
                let reason = refusal(&inbound, altered, outer)
                #expect(reason == .integrityFailed, "bit \(bit % 8) of octet \(bit / 8 - start)")
            }
            #expect(refusal(&inbound, room + bytes[start...], outer) == nil)
        }
    }

    private func refusal(
        _ inbound: inout InboundSA, _ buffer: [UInt8], _ outer: ESPPacket.Outer
    ) -> DropReason? {
        var buffer = buffer
        do throws(DropReason) {
            let range = PacketRoom.inboundHeadroom..<buffer.count
            let packet = try ESPPacket(payload: range, of: buffer.span, outer: outer)
            var span = buffer.mutableSpan
            _ = try inbound.open(&span, packet)
            return nil
        } catch {
            return error
        }
    }

    /// What AH makes of a turned bit.
    private enum Fate: Equatable {
        case accepted
        /// The ICV tells.
        case unauthentic
        /// It is no such packet any more, or the ICV tells.
        case misshapen
    }

    /// RFC 4302 section 3.3.3.1.1.1, bit by bit.
    private func fateIPv4(_ octet: Int, _ bit: Int) -> Fate {
        switch octet {
        case 0, 2, 3: .misshapen  // version, lengths
        case 1, 8, 10, 11: .accepted  // DSCP and ECN, TTL, checksum
        case 6: bit >= 6 ? .accepted : .misshapen  // the unused flag and DF; MF and offset make a fragment
        case 7, 9: .misshapen  // offset; protocol
        case 21: .misshapen  // length of AH
        default: .unauthentic
        }
    }

    /// RFC 4302 section 3.3.3.1.2.1.
    private func fateIPv6(_ octet: Int, _ bit: Int) -> Fate {
        switch octet {
        case 0: bit >= 4 ? .misshapen : .accepted
        case 1, 2, 3, 7: .accepted
        case 4, 5, 6, 41: .misshapen
        default: .unauthentic
        }
    }

    @Test(arguments: SampleAH.all.filter { [.hmacSHA256, .hmacMD5, .aesXCBC].contains($0.integrity) })
    func ofAHOnlyMutableBitsMayChange(_ sample: SampleAH) throws {
        var sample = sample
        sample.replayWindow = 0
        var association = sample.association(.inbound)
        association.replay.outboundSequence = 5
        association.usesExtendedSequenceNumbers = sample.pads8
        var random = FixedRandom(seed: 2)
        var outbound = try OutboundAHSA(association, random: &random)
        var inbound = try InboundAHSA(association)
        let sealed = try outbound.sealing(SamplePacket.udp(sample.family, count: 9))
        for index in 0..<sealed.count * 8 {
            let (octet, bit) = (index / 8, index % 8)
            var altered = sealed
            altered[octet] ^= 1 << UInt8(bit)
            let expected = sample.family == .ipv4 ? fateIPv4(octet, bit) : fateIPv6(octet, bit)
            let reason = inbound.refusal(of: altered)
            switch expected {
            case .accepted: #expect(reason == nil, "bit \(bit) of octet \(octet)")
            case .unauthentic: #expect(reason == .integrityFailed, "bit \(bit) of octet \(octet)")
            case .misshapen: #expect(reason != nil, "bit \(bit) of octet \(octet)")
            }
        }
        #expect(inbound.refusal(of: sealed) == nil)
    }
}
