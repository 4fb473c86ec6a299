import Algorithms
import Compression
import IPsec
import KeyMaterial
import TestSupport
import Testing

@testable import ESP

/// A message, what zlib made of it, and the IPv4 packet that carries it if it shrank.
struct IPCompVector: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let windowBits: Int
    let plain: HexOctets
    let packet: HexOctets?

    struct File: Decodable {
        let vectors: [IPCompVector]
    }

    var testDescription: String { "\(name), window 2^\(windowBits)" }

    static func all() throws -> [IPCompVector] {
        try VectorFile.committed("deflate_zlib.json", of: "CompressionTests", as: File.self).vectors
    }
}

/// An IPComp association of a mode and family.
struct SampleIPComp: Sendable, CustomTestStringConvertible {
    var mode = EncapsulationMode.transport
    var family = AddressFamily.ipv4
    var cpi: UInt32 = 0x0102
    var source: IPAddress?

    var testDescription: String { "\(mode) over \(family)" }

    static let all: [SampleIPComp] = [EncapsulationMode.transport, .tunnel].flatMap { mode in
        [AddressFamily.ipv4, .ipv6].map { SampleIPComp(mode: mode, family: $0) }
    }

    func association(_ direction: Direction) -> SecurityAssociation {
        var association = SecurityAssociation(
            id: SecurityAssociationID(
                destination: SampleSA.address(family, 2), protocol: .ipcomp, spi: SPI(cpi)),
            source: source ?? SampleSA.address(family, 1), direction: direction, mode: mode, requestID: 1,
            transform: ESPTransform(
                encryption: CipherChoice(.null), encryptionKey: SecretKey(copying: []), integrity: nil,
                integrityKey: nil))
        association.compression = .deflate
        return association
    }

    func outbound() throws -> OutboundIPCompSA {
        var random = FixedRandom(seed: 5)
        return try OutboundIPCompSA(association(.outbound), random: &random)
    }

    func inbound() throws -> InboundIPCompSA { try InboundIPCompSA(association(.inbound)) }
}

extension OutboundIPCompSA {
    mutating func sealing(_ packet: [UInt8]) throws(DropReason) -> [UInt8] {
        let start = Self.headroom
        var buffer = [UInt8](repeating: 0xee, count: start) + packet
        var span = buffer.mutableSpan
        let sealed = try seal(&span, packet: start..<start + packet.count)
        #expect(sealed.esp.upperBound == sealed.packet.upperBound)
        return Array(buffer[sealed.packet])
    }
}

extension InboundIPCompSA {
    mutating func opening(_ bytes: [UInt8], room: Int = 65_535) throws(DropReason) -> [UInt8] {
        var buffer = bytes + [UInt8](repeating: 0xee, count: room)
        let packet = try IPCompPacket(inIPPacket: 0..<bytes.count, of: buffer.span)
        var span = buffer.mutableSpan
        let opened = try open(&span, packet)
        return Array(buffer[opened.packet])
    }

    mutating func openingUncompressed(_ bytes: [UInt8]) throws(DropReason) -> [UInt8] {
        var buffer = bytes
        var span = buffer.mutableSpan
        let opened = try openUncompressed(&span, inIPPacket: 0..<bytes.count)
        return Array(buffer[opened.packet])
    }
}

struct IPCompTests {
    /// UDP whose payload is one octet again and again.
    private static func dull(_ family: AddressFamily, _ count: Int) -> [UInt8] {
        let length = UInt16(count + 8)
        let upper: [UInt8] =
            [4, 210, 0, 53, UInt8(length >> 8), UInt8(length & 0xff), 0, 0]
            + Array(repeating: 0x61, count: count)
        return SamplePacket.header(family, upper.count, proto: 17) + upper
    }

    private static func reason(_ body: () throws(DropReason) -> [UInt8]) -> DropReason? {
        do throws(DropReason) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: try IPCompVector.all().filter { $0.packet != nil })
    func packetsOfAnotherCompressorAreRead(_ vector: IPCompVector) throws {
        let packet = try #require(vector.packet?.bytes)
        let header = try IPHeader(packet.span)
        var sample = SampleIPComp(cpi: 2, source: header.source)
        sample.family = .ipv4
        var inbound = try sample.inbound()
        let opened = try inbound.opening(packet)
        #expect(Array(opened.dropFirst(20)) == vector.plain.bytes)
        let restored = try IPHeader(opened.span)
        #expect(restored.nextProtocol == 17 && restored.totalCount == opened.count)
        #expect(Array(opened.prefix(20)) == SamplePacket.checksummed(Array(opened.prefix(20))))
    }

    @Test(arguments: SampleIPComp.all)
    func whatShrinksComesBack(_ sample: SampleIPComp) throws {
        for family in sample.mode == .tunnel ? [AddressFamily.ipv4, .ipv6] : [sample.family] {
            var outbound = try sample.outbound()
            var inbound = try sample.inbound()
            for count in [100, 1000, 60_000] {
                let packet = Self.dull(family, count)
                let sealed = try outbound.sealing(packet)
                #expect(sealed.count < packet.count)
                let found = try IPCompPacket(inIPPacket: 0..<sealed.count, of: sealed.span)
                #expect(found.spi == SPI(0x0102))
                #expect(found.nextHeader == (sample.mode == .transport ? 17 : family == .ipv4 ? 4 : 41))
                #expect(try inbound.opening(sealed) == packet)
            }
            let usage = outbound.usage
            #expect(inbound.usage == usage && usage.packets == 3)
        }
    }

    /// RFC 3173 section 2.2: without IPComp, in transport mode unchanged, in tunnel mode as Linux has it.
    @Test(arguments: SampleIPComp.all)
    func whatDoesNotShrinkLeavesWithoutIPComp(_ sample: SampleIPComp) throws {
        var outbound = try sample.outbound()
        var inbound = try sample.inbound()
        for packet in [Self.dull(sample.family, 10), SamplePacket.udp(sample.family, count: 1000)] {
            let sealed = try outbound.sealing(packet)
            if sample.mode == .transport {
                #expect(sealed == packet)
            } else {
                #expect(sealed.count == packet.count + TunnelHeader.count(sample.family))
                #expect(Self.reason { () throws(DropReason) in try inbound.opening(sealed) } == .notIPComp)
                #expect(try inbound.openingUncompressed(sealed) == packet)
            }
        }
    }

    /// The compressed octets are written over where the packet's own label stood.
    @Test(arguments: [10, 1000]) func aTunnelsHeaderHasTheFlowLabelOfThePacket(_ count: Int) throws {
        var outbound = try SampleIPComp(mode: .tunnel, family: .ipv6).outbound()
        var packet = Self.dull(.ipv6, count)
        packet.replaceSubrange(1..<4, with: [0x0a, 0xbc, 0xde])
        let sealed = try outbound.sealing(packet)
        let isCompressed = try IPHeader(sealed.span).nextProtocol == IPProtocol.ipcomp
        #expect(isCompressed == (count > OutboundIPCompSA.threshold))
        #expect(Array(sealed[..<4]) == [0x60, 0x0a, 0xbc, 0xde])
        // IPv4 has none to copy.
        var mixed = try SampleIPComp(mode: .tunnel, family: .ipv6).outbound()
        #expect(try Array(mixed.sealing(Self.dull(.ipv4, count))[..<4]) == [0x60, 0, 0, 0])
    }

    @Test func ipInIPOfOthersIsNotTaken() throws {
        let sample = SampleIPComp(mode: .tunnel)
        var outbound = try sample.outbound()
        var inbound = try sample.inbound()
        var sealed = try outbound.sealing(Self.dull(.ipv4, 10))
        sealed[15] = 99
        #expect(
            Self.reason { () throws(DropReason) in try inbound.openingUncompressed(sealed) } == .notIPComp)
        let plain = Self.dull(.ipv4, 10)
        #expect(Self.reason { () throws(DropReason) in try inbound.openingUncompressed(plain) } == .notIPComp)
    }

    /// A small packet that would become larger than IP packets can be must cost no more than that.
    @Test(arguments: SampleIPComp.all)
    func decompressionBombsAreRefused(_ sample: SampleIPComp) throws {
        var bomb = Array(repeating: UInt8(0), count: 70_000)
        var compressor = try sample.outbound()
        let largest = try compressor.sealing(Self.dull(sample.family, 65_535 - 28 - 40))
        var inbound = try sample.inbound()
        #expect(try inbound.opening(largest).count == 65_535 - 40 + (sample.family == .ipv4 ? 0 : 20))
        #expect(Self.reason { () throws(DropReason) in try inbound.opening(largest, room: 1000) } == .noRoom)
        let count = try #require(DeflatedOctets.replace(&bomb))
        let upper: [UInt8] = [17, 0, 1, 2] + bomb.prefix(count)
        let packet = SamplePacket.header(sample.family, upper.count, proto: 108) + upper
        #expect(Self.reason { () throws(DropReason) in try inbound.opening(packet) } == .decompressedTooLong)
        #expect(inbound.usage.packets == 1)
    }

    @Test func malformedPacketsAreRefused() throws {
        var outbound = try SampleIPComp().outbound()
        var inbound = try SampleIPComp().inbound()
        let sealed = try outbound.sealing(Self.dull(.ipv4, 500))
        for count in 21..<sealed.count {
            var cut = Array(sealed.prefix(count))
            (cut[2], cut[3]) = (0, UInt8(count))
            let reason = Self.reason { () throws(DropReason) in try inbound.opening(cut) }
            #expect(reason == (count > 24 ? .badCompression : .tooShort), "\(count) octets")
        }
        #expect(Self.reason { () throws(DropReason) in try inbound.opening(sealed) } == nil)
    }

    @Test func compressionPausesWhereItNeverHelps() {
        var patience = CompressionPatience()
        var tried = 0
        for _ in 0..<10_000 where patience.isWorthTrying() {
            tried += 1
            patience.noteFailure()
        }
        #expect((80...110).contains(tried), "\(tried) attempts")
        while !patience.isWorthTrying() {}
        patience.noteSuccess()
        for _ in 0..<CompressionPatience.failureLimit {
            let isWorthTrying = patience.isWorthTrying()
            #expect(isWorthTrying)
            patience.noteFailure()
        }
        let isWorthTrying = patience.isWorthTrying()
        #expect(!isWorthTrying)
    }

    @Test func whatIsNotDoneIsRefusedBySentence() throws {
        var random = FixedRandom(seed: 5)
        for change in [
            { $0.compression = .lzs }, { $0.compression = nil }, { $0.mode = .beet },
            { $0.encapsulation = UDPEncapsulation(sourcePort: 4500, destinationPort: 4500) },
        ] as [(inout SecurityAssociation) -> Void] {
            var association = SampleIPComp().association(.outbound)
            change(&association)
            #expect(throws: DatabaseFailure.self) {
                _ = try OutboundIPCompSA(association, random: &random).usage
            }
        }
    }
}

/// DEFLATE for packets of our own making.
enum DeflatedOctets {
    /// Compresses octets in place; how many they became.
    static func replace(_ octets: inout [UInt8]) -> Int? {
        var compressor = DeflateCompressor()
        let count = octets.count
        var span = octets.mutableSpan
        return compressor.compress(&span, 0..<count, to: 0, limit: count)
    }
}
