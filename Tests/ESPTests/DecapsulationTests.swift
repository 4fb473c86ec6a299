import Algorithms
import Cryptography
import IPsec
import TestSupport
import Testing

@testable import ESP

struct DecapsulationTests {
    private static let null = SampleSA(encryption: CipherChoice(.null), integrity: .hmacSHA1)

    /// Seals a body of our own making, trailer included, as a peer with strange habits would.
    private func forged(_ body: [UInt8], sequence: UInt8 = 1, trafficClass: UInt8 = 0) throws -> [UInt8] {
        let association = Self.null.association(.outbound)
        var bytes = [UInt8](repeating: 0, count: 8) + body + Array(repeating: 0, count: 12)
        bytes.replaceSubrange(0..<8, with: [1, 2, 3, 4, 0, 0, 0, sequence])
        var random = FixedRandom(seed: 1)
        var protection = try association.protection(.sealing, ivSeed: random.secret(count: 16))
        var span = bytes.mutableSpan
        protection.seal(&span, .init(start: 0, bodyCount: body.count), counter: 1)
        return SamplePacket.header(.ipv4, bytes.count, proto: 50, trafficClass: trafficClass) + bytes
    }

    private func verdict(_ body: [UInt8]) throws -> DropReason? {
        var inbound = try Self.null.inbound()
        return inbound.refusal(of: try forged(body))
    }

    @Test func strangeTrailersAreRefused() throws {
        let inner = SamplePacket.udp(.ipv4, count: 8)
        #expect(try verdict(inner + [1, 2, 2, 4]) == nil)
        #expect(try verdict(inner + [1, 3, 2, 4]) == .badPadding)
        #expect(try verdict(inner + [0, 2, 2, 4]) == .badPadding)
        #expect(try verdict(inner + [1, 2, 200, 4]) == .badPadding)
        #expect(try verdict([1, 2, 3, 4]) == .badPadding)
        #expect(try verdict(inner + [1, 2, 2, 41]) == .badInnerPacket)
        #expect(try verdict(inner + [1, 2, 2, 17]) == .wrongNextHeader)
        #expect(try verdict(inner + [1, 2, 2, 59]) == .dummy)
        #expect(try verdict([0, 4]) == .badInnerPacket)
        #expect(try verdict(Array(inner.dropLast()) + [0, 4]) == .badInnerPacket)
        #expect(try verdict([4]) == .tooShort)
    }

    @Test func flowConfidentialityPaddingIsCutOff() throws {
        let inner = SamplePacket.udp(.ipv4, count: 8)
        var inbound = try Self.null.inbound()
        let opened = try inbound.opening(
            try forged(inner + Array(repeating: 0xaa, count: 100) + [1, 2, 2, 4]))
        #expect(opened.bytes == inner)
    }

    @Test func replayedPacketsAreRefusedAfterTheirFirst() throws {
        var outbound = try SampleSA.gcm.outbound()
        var inbound = try SampleSA.gcm.inbound()
        let (bytes, _) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 8))
        #expect(inbound.refusal(of: bytes) == nil)
        #expect(inbound.refusal(of: bytes) == .replayed)
        for _ in 0..<64 {
            #expect(inbound.refusal(of: try outbound.sealing(SamplePacket.udp(.ipv4, count: 8)).bytes) == nil)
        }
        #expect(inbound.refusal(of: bytes) == .tooOld)
    }

    /// A forged sequence number must not move the window.
    @Test func onlyGenuinePacketsAdvanceTheWindow() throws {
        var outbound = try SampleSA.gcm.outbound()
        var inbound = try SampleSA.gcm.inbound()
        let (bytes, _) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 8))
        var forged = bytes
        forged[24] = 0xff
        #expect(inbound.refusal(of: forged) == .integrityFailed)
        #expect(inbound.highestSequence == 0)
        #expect(inbound.refusal(of: bytes) == nil)
    }

    /// RFC 6040 section 4.2, figure 4: rows are the inner field, columns the outer one.
    @Test func congestionMarksCrossTheTunnel() throws {
        let table: [[UInt8?]] = [[0, 0, 0, nil], [1, 1, 1, 3], [2, 1, 2, 3], [3, 3, 3, 3]]
        for family in [AddressFamily.ipv4, .ipv6] {
            for inner in 0..<4 as Range<UInt8> {
                for outer in 0..<4 as Range<UInt8> {
                    let packet = SamplePacket.udp(family, count: 8, trafficClass: 0x28 | inner)
                    let trailer: [UInt8] = [1, 2, 2, family == .ipv4 ? 4 : 41]
                    var inbound = try Self.null.inbound()
                    let bytes = try forged(packet + trailer, trafficClass: outer)
                    let expected = table[Int(inner)][Int(outer)]
                    guard let expected else {
                        #expect(inbound.refusal(of: bytes) == .congestionMarkLost)
                        continue
                    }
                    let opened = try inbound.opening(bytes)
                    #expect(opened.bytes == SamplePacket.udp(family, count: 8, trafficClass: 0x28 | expected))
                }
            }
        }
    }

    @Test func theSelectorIsCheckedBehindDecryption() throws {
        var sample = SampleSA.gcm
        let net = try #require(IPPrefix("192.0.2.0/24"))
        for (selector, isAllowed) in [
            (Selector(source: net, destination: net), true),
            (Selector(source: net, destination: net, upperProtocol: 17, destinationPort: 53), true),
            (Selector(source: net, destination: net, upperProtocol: 6), false),
            (Selector(source: net, destination: net, upperProtocol: 17, sourcePort: 53), false),
            (Selector(source: net, destination: .any(.ipv6)), false),
        ] {
            sample.selector = selector
            var outbound = try sample.outbound()
            var inbound = try sample.inbound()
            let refusal = inbound.refusal(of: try outbound.sealing(SamplePacket.udp(.ipv4, count: 8)).bytes)
            #expect(refusal == (isAllowed ? nil : .selectorMismatch))
        }
    }

    @Test func keepalivesAndIKEAreNotESP() {
        let outer = ESPPacket.Outer(
            source: SampleSA.address(.ipv4, 1), destination: SampleSA.address(.ipv4, 2))
        for bytes in [[0xff], [0, 0, 0, 0, 1, 2, 3, 4, 5]] as [[UInt8]] {
            var refusal: DropReason?
            do throws(DropReason) {
                _ = try ESPPacket(payload: 0..<bytes.count, of: bytes.span, outer: outer).spi
            } catch {
                refusal = error
            }
            #expect(refusal == .notESP)
        }
    }

    @Test func everyReasonHasANameAndASentenceOfItsOwn() {
        let names = Set(DropReason.allCases.map(\.counterName))
        let sentences = Set(DropReason.allCases.map(\.sentence))
        #expect(names.count == DropReason.allCases.count)
        #expect(sentences.count == DropReason.allCases.count)
    }
}
