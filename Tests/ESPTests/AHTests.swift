import Algorithms
import Cryptography
import IPsec
import KeyMaterial
import TestSupport
import Testing

@testable import ESP

/// A packet that Scapy authenticated.
struct AHVector: Decodable, Sendable, CustomTestStringConvertible {
    let `case`: String
    let integrity: String
    let key: HexOctets
    let mode: String
    let original: HexOctets
    let packet: HexOctets

    struct File: Decodable {
        let vectors: [AHVector]
    }

    var testDescription: String { "\(`case`) \(integrity)" }

    static func all() throws -> [AHVector] {
        try VectorFile.committed("ah_scapy.json", of: "ESPTests", as: File.self).vectors
    }
}

/// An AH security association of a mode and family.
struct SampleAH: Sendable, CustomTestStringConvertible {
    var integrity: IntegrityAlgorithm
    var mode = EncapsulationMode.transport
    var family = AddressFamily.ipv4
    var pads8 = false
    var key: [UInt8]?
    var replayWindow: UInt32 = 64

    var testDescription: String { "\(integrity) \(mode) over \(family)\(pads8 ? ", 8 octets" : "")" }

    static let all: [SampleAH] = Catalogue.integrity.filter { $0.isInSoftware && $0 != .null }
        .flatMap { integrity in
            [EncapsulationMode.transport, .tunnel].flatMap { mode in
                [AddressFamily.ipv4, .ipv6].flatMap { family in
                    [false, true].map {
                        SampleAH(integrity: integrity, mode: mode, family: family, pads8: $0)
                    }
                }
            }
        }

    func association(_ direction: Direction) -> SecurityAssociation {
        let octets = key ?? (0..<integrity.keySize).map { UInt8(truncatingIfNeeded: $0 * 3) }
        var association = SecurityAssociation(
            id: SecurityAssociationID(
                destination: SampleSA.address(family, 2), protocol: .ah, spi: SPI(0x0102_0304)),
            source: SampleSA.address(family, 1), direction: direction, mode: mode, requestID: 1,
            transform: ESPTransform(
                encryption: CipherChoice(.null), encryptionKey: SecretKey(copying: []),
                integrity: integrity, integrityKey: SecretKey(copying: octets)),
            replayWindow: replayWindow)
        if !pads8 { association.flags = [.align4] }
        return association
    }

    func outbound() throws -> OutboundAHSA {
        var random = FixedRandom(seed: 5)
        return try OutboundAHSA(association(.outbound), random: &random)
    }

    func inbound() throws -> InboundAHSA { try InboundAHSA(association(.inbound)) }
}

extension OutboundAHSA {
    mutating func sealing(_ packet: [UInt8]) throws(DropReason) -> [UInt8] {
        let start = Self.headroom
        var buffer = [UInt8](repeating: 0xee, count: start) + packet + [0xee]
        var span = buffer.mutableSpan
        let sealed = try seal(&span, packet: start..<start + packet.count)
        return Array(buffer[sealed.packet])
    }
}

extension InboundAHSA {
    mutating func opening(_ bytes: [UInt8]) throws(DropReason) -> [UInt8] {
        var buffer = bytes
        let packet = try AHPacket(inIPPacket: 0..<buffer.count, of: buffer.span)
        var span = buffer.mutableSpan
        let opened = try open(&span, packet)
        return Array(buffer[opened.packet])
    }

    /// Why a packet is refused; nil if it is not.
    mutating func refusal(of bytes: [UInt8]) -> DropReason? {
        do throws(DropReason) {
            _ = try opening(bytes)
            return nil
        } catch {
            return error
        }
    }
}

struct AHTests {
    @Test(arguments: try AHVector.all())
    func agreesWithScapy(_ vector: AHVector) throws {
        let integrity = try #require(Catalogue.integrity.first { $0.name == vector.integrity })
        let family: AddressFamily = vector.packet.bytes.first.map { $0 >> 4 } == 4 ? .ipv4 : .ipv6
        let sample = SampleAH(
            integrity: integrity, mode: vector.mode == "tunnel" ? .tunnel : .transport, family: family,
            key: vector.key.bytes)
        var inbound = try sample.inbound()
        let opened = try inbound.opening(vector.packet.bytes)
        #expect(opened == vector.original.bytes)
        var bent = vector.packet.bytes
        bent[bent.count - 1] ^= 1
        inbound = try sample.inbound()
        #expect(inbound.refusal(of: bent) == .integrityFailed)
    }

    /// Sockets give packets without their IP header, and tell of extension headers before AH apart from them.
    @Test(arguments: [[], [0], [60], [0, 60], [0, 43], [0, 60, 43, 60]] as [[UInt8]])
    func extensionHeadersBeforeAHAreAuthenticated(_ numbers: [UInt8]) throws {
        var sample = SampleAH(integrity: .hmacSHA256)
        sample.family = .ipv6
        var chain = numbers + [IPProtocol.ah]
        let first = chain.removeFirst()
        // The padding before a router alert and the fields of a finished route are immutable.
        var extensions: [UInt8] = []
        for (number, next) in zip(numbers, chain) {
            let rest: [UInt8] = number == IPProtocol.routing ? [2, 0, 0, 0, 0, 0] : [5, 2, 0, 0, 1, 0]
            extensions += [next, 0] + rest
        }
        let plain: [UInt8] = [4, 210, 0, 53, 0, 9, 0, 0, 0x61]
        let front: [UInt8] = [17, 6, 0, 0, 1, 2, 3, 4, 0, 0, 0, 1]
        let zero = extensions + front + Array(repeating: 0, count: 20) + plain
        var covered = SamplePacket.header(.ipv6, zero.count, proto: first) + zero
        covered[7] = 0
        let key = SecretKey(copying: (0..<sample.integrity.keySize).map { UInt8(truncatingIfNeeded: $0 * 3) })
        let icv = MessageAuthentication.compute(.sha256, key: key, data: covered).prefix(16)

        var buffer = [UInt8](repeating: 0xee, count: 40) + extensions + front + icv + [0, 0, 0, 0] + plain
        let payload = 40..<buffer.count
        var span = buffer.mutableSpan
        let outer = ESPPacket.Outer(
            source: SampleSA.address(.ipv6, 1), destination: SampleSA.address(.ipv6, 2), trafficClass: 0)
        let whole = try InboundChain.restoreIPv6Header(
            before: payload, in: &span, outer, nextProtocol: first)
        var inbound = try sample.inbound()
        let opened = try inbound.opening(Array(buffer[whole]))
        #expect(Array(opened.dropFirst(40 + extensions.count)) == plain)
        for place in extensions.indices {
            var bent = Array(buffer[whole])
            bent[40 + place] ^= 0x10
            inbound = try sample.inbound()
            #expect(inbound.refusal(of: bent) != nil, "octet \(place) of the extension headers")
        }
    }

    @Test(arguments: SampleAH.all)
    func whatIsSealedComesBack(_ sample: SampleAH) throws {
        for family in sample.mode == .tunnel ? [AddressFamily.ipv4, .ipv6] : [sample.family] {
            var outbound = try sample.outbound()
            var inbound = try sample.inbound()
            for count in [0, 1, 2, 3, 64, 1372] {
                let packet = SamplePacket.udp(family, count: count, trafficClass: 0x28)
                let sealed = try outbound.sealing(packet)
                let unit = sample.family == .ipv4 && !sample.pads8 ? 4 : 8
                let start = sample.family == .ipv4 ? 20 : 40
                #expect(((Int(sealed[start + 1]) + 2) * 4).isMultiple(of: unit))
                #expect(try inbound.opening(sealed) == packet)
            }
            #expect(inbound.usage.packets == 6 && outbound.usage == inbound.usage)
        }
    }

    @Test(arguments: SampleAH.all.filter { $0.integrity == .hmacSHA256 })
    func onlyMutableOctetsMayChangeOnTheWay(_ sample: SampleAH) throws {
        var outbound = try sample.outbound()
        let sealed = try outbound.sealing(SamplePacket.udp(sample.family, count: 20))
        // TOS, flags, offset, TTL and checksum; traffic class, flow label and hop limit.
        let mutable: Set<Int> = sample.family == .ipv4 ? [1, 6, 7, 8, 10, 11] : [0, 1, 2, 3, 7]
        for index in sealed.indices {
            var altered = sealed
            // Of the flags DF, so that the packet stays whole; of IPv6's first octet not the version.
            altered[index] ^= index == 6 ? 0x40 : 0x04
            if sample.family == .ipv4, index == 7 { continue }
            var inbound = try sample.inbound()
            let refusal = inbound.refusal(of: altered)
            #expect(
                (refusal == nil) == mutable.contains(index), "octet \(index): \(String(describing: refusal))")
        }
    }

    @Test func whatARouterRecordsIsNotAuthenticatedAndItsAlertIs() throws {
        let options: [UInt8] = [0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1]
        var header: [UInt8] = [0x48, 0, 0, 40, 0x12, 0x34, 0x40, 0, 61, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]
        header = SamplePacket.checksummed(header + options)
        let packet = header + [0x04, 0xd2, 0, 53, 0, 8, 0, 0]
        let sample = SampleAH(integrity: .hmacSHA1)
        var outbound = try sample.outbound()
        let sealed = try outbound.sealing(packet)
        var recorded = sealed
        recorded[28] = 10
        var inbound = try sample.inbound()
        #expect(inbound.refusal(of: recorded) == nil)
        var alerted = sealed
        alerted[23] = 1
        inbound = try sample.inbound()
        #expect(inbound.refusal(of: alerted) == .integrityFailed)
    }

    @Test(arguments: SampleAH.all.filter { $0.integrity == .hmacSHA1 })
    func anyTruncatedLengthIsRefused(_ sample: SampleAH) throws {
        var outbound = try sample.outbound()
        let sealed = try outbound.sealing(SamplePacket.udp(sample.family, count: 20))
        for count in 0..<sealed.count {
            var inbound = try sample.inbound()
            #expect(inbound.refusal(of: Array(sealed.prefix(count))) != nil)
        }
        var inbound = try sample.inbound()
        #expect(inbound.refusal(of: sealed) == nil)
        #expect(inbound.refusal(of: sealed) == .replayed)
    }

    @Test func arbitraryOctetsDoNoHarm() throws {
        var random = FixedRandom(seed: 9)
        var outbound = try SampleAH(integrity: .hmacMD5).outbound()
        let sealed = try outbound.sealing(SamplePacket.udp(.ipv4, count: 60))
        var inbound = try SampleAH(integrity: .hmacMD5, replayWindow: 0).inbound()
        for _ in 0..<20_000 {
            var bytes = sealed
            for _ in 0...random.next() % 4 {
                let index = Int(random.next() % 48)
                bytes[index] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = inbound.refusal(of: bytes)
        }
        #expect(inbound.refusal(of: sealed) == nil)
    }

    @Test func whatAHCannotDoIsSaid() {
        var encrypting = SampleAH(integrity: .hmacSHA1).association(.inbound)
        encrypting.transform.encryption = CipherChoice(.aesCBC)
        var keyless = SampleAH(integrity: .hmacSHA1).association(.inbound)
        keyless.transform.integrity = nil
        let null = SampleAH(integrity: .null).association(.inbound)
        let esp = SampleSA.gcm.association(.inbound)
        for association in [encrypting, keyless, null, esp] {
            #expect(throws: DatabaseFailure.self) { _ = try InboundAHSA(association) }
        }
    }
}
