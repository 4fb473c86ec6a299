import Algorithms
import ESP
import IPsec
import KeyMaterial
import TestSupport
import Testing

/// A packet with an extended sequence number that another implementation of the algorithms protected.
struct ExtendedVector: Decodable, Sendable, CustomTestStringConvertible {
    /// nil for AH.
    let encryption: String?
    let integrity: String?
    let key: HexOctets?
    let integrityKey: HexOctets
    let sequenceHigh: UInt64
    let sequence: UInt64
    let original: HexOctets
    let packet: HexOctets

    struct File: Decodable {
        let esp: [ExtendedVector]
        let ah: [ExtendedVector]
    }

    var testDescription: String { "\(encryption ?? "AH") \(integrity ?? "-")" }
    var number: UInt64 { sequenceHigh << 32 | sequence }

    static func file() throws -> File {
        try VectorFile.committed("extended_sequence.json", of: "ESPTests", as: File.self)
    }

    /// - Parameter last: the number before the next one.
    func association(
        _ direction: Direction, last: UInt64, window: UInt32 = 64
    ) throws -> SecurityAssociation {
        let cipher = try #require(Catalogue.encryption.first { $0.name == encryption ?? "null" })
        let hash = Catalogue.integrity.first { $0.name == integrity }
        let keyBits = ((key?.bytes.count ?? 0) - cipher.saltSize) * 8
        var association = SecurityAssociation(
            id: SecurityAssociationID(
                destination: SampleSA.address(.ipv4, 2), protocol: encryption == nil ? .ah : .esp,
                spi: SPI(0x0102_0304)),
            source: SampleSA.address(.ipv4, 1), direction: direction,
            mode: encryption == nil ? .transport : .tunnel, requestID: 1,
            transform: ESPTransform(
                encryption: CipherChoice(cipher, keyBits: keyBits),
                encryptionKey: SecretKey(copying: key?.bytes ?? []), integrity: hash,
                integrityKey: hash.map { _ in SecretKey(copying: integrityKey.bytes) }),
            replayWindow: window, usesExtendedSequenceNumbers: true)
        association.flags = [.align4]
        association.replay.inboundSequence = last
        association.replay.outboundSequence = last
        return association
    }
}

struct ExtendedSequenceTests {
    private static let outer = ESPPacket.Outer(
        source: SampleSA.address(.ipv4, 1), destination: SampleSA.address(.ipv4, 2))

    private func refusal(_ inbound: inout InboundSA, _ payload: [UInt8]) -> DropReason? {
        do throws(DropReason) {
            _ = try inbound.opening(payload: payload, outer: Self.outer)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: try ExtendedVector.file().esp)
    func opensWhatOthersSealed(_ vector: ExtendedVector) throws {
        // From the same round, from the one before, and without a window.
        for (last, window) in [
            (vector.number - 1, 64), (vector.number - 200, 64), (vector.number + 20, 64),
            (vector.number - 200, 0), (vector.number + 1000, 0),
        ] as [(UInt64, UInt32)] {
            var inbound = try InboundSA(vector.association(.inbound, last: last, window: window))
            let opened = try inbound.opening(payload: vector.packet.bytes, outer: Self.outer)
            #expect(opened == vector.original.bytes)
            #expect(inbound.highestSequence == max(last, vector.number))
        }
        // Another high half than the sender's: the ICV tells.
        for last in [0, vector.number + 1 << 32, vector.number - 1 << 32] as [UInt64] {
            var inbound = try InboundSA(vector.association(.inbound, last: last))
            let refusal = refusal(&inbound, vector.packet.bytes)
            #expect(refusal == .integrityFailed)
            #expect(inbound.highestSequence == last)
        }
    }

    /// Where the IV is the counter, every octet is told.
    @Test(arguments: try ExtendedVector.file().esp.filter { $0.encryption != "aes-cbc" })
    func sealsAsOthersDo(_ vector: ExtendedVector) throws {
        var random = FixedRandom(seed: 3)
        var outbound = try OutboundSA(
            vector.association(.outbound, last: vector.number - 1), random: &random)
        let (bytes, sealed) = try outbound.sealing(vector.original.bytes)
        #expect(Array(bytes[sealed.headerCount...]) == vector.packet.bytes)
    }

    @Test(arguments: try ExtendedVector.file().ah)
    func agreesAboutAH(_ vector: ExtendedVector) throws {
        for last in [vector.number - 1, vector.number - 200] {
            var inbound = try InboundAHSA(vector.association(.inbound, last: last))
            #expect(try inbound.opening(vector.packet.bytes) == vector.original.bytes)
        }
        var other = try InboundAHSA(vector.association(.inbound, last: 0))
        #expect(other.refusal(of: vector.packet.bytes) == .integrityFailed)
        var random = FixedRandom(seed: 3)
        var outbound = try OutboundAHSA(
            vector.association(.outbound, last: vector.number - 1), random: &random)
        #expect(try outbound.sealing(vector.original.bytes) == vector.packet.bytes)
    }

    @Test(arguments: [0, 32, 4096] as [UInt32])
    func theLowHalfGoesRound(_ window: UInt32) throws {
        var sample = SampleSA.gcm
        sample.replayWindow = window
        var association = sample.association(.outbound)
        association.usesExtendedSequenceNumbers = true
        association.replay.outboundSequence = UInt64(UInt32.max) - 20
        var random = FixedRandom(seed: 3)
        var outbound = try OutboundSA(association, random: &random)
        association.replay.inboundSequence = association.replay.outboundSequence
        var inbound = try InboundSA(association)
        let packets = try (0..<40).map { _ in try outbound.sealing(SamplePacket.udp(.ipv4, count: 1)).bytes }
        #expect(Array(packets[19][24..<28]) == [0xff, 0xff, 0xff, 0xff])
        #expect(Array(packets[20][24..<28]) == [0, 0, 0, 0])
        // Mixed up across the turn, then again.
        for index in [0, 25, 3, 30, 20, 21, 22, 19, 39, 38] {
            #expect(inbound.refusal(of: packets[index]) == nil, "packet \(index)")
        }
        if window > 0 {
            for index in [25, 20, 21, 38] { #expect(inbound.refusal(of: packets[index]) == .replayed) }
        }
        #expect(inbound.highestSequence == 1 << 32 + 19)
    }

    @Test func aForgedNumberNeitherMovesTheWindowNorTheHighHalf() throws {
        var association = SampleSA.gcm.association(.outbound)
        association.usesExtendedSequenceNumbers = true
        association.replay.outboundSequence = 1 << 33
        var random = FixedRandom(seed: 3)
        var outbound = try OutboundSA(association, random: &random)
        association.replay.inboundSequence = 1 << 33
        var inbound = try InboundSA(association)
        let packets = try (0..<3).map { _ in try outbound.sealing(SamplePacket.udp(.ipv4, count: 1)).bytes }
        // 0 is the number the window begins with, of which nothing is noted.
        for number in [0, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000] as [UInt32] {
            var forged = packets[0]
            for (place, shift) in [24, 16, 8, 0].enumerated() {
                forged[24 + place] = UInt8(truncatingIfNeeded: number >> UInt32(shift))
            }
            #expect(inbound.refusal(of: forged) == .integrityFailed)
            #expect(inbound.highestSequence == 1 << 33)
        }
        for packet in packets { #expect(inbound.refusal(of: packet) == nil) }
    }

    @Test func numbersEndWithoutExtensionUnlessTheyMayWrap() throws {
        var association = SampleSA.gcm.association(.outbound)
        association.replay.outboundSequence = UInt64(UInt32.max)
        let packet = SamplePacket.udp(.ipv4, count: 4)
        var random = FixedRandom(seed: 3)
        var ending = try OutboundSA(association, random: &random)
        var refusal: DropReason?
        do { _ = try ending.sealing(packet) } catch { refusal = error as? DropReason }
        #expect(refusal == .sequenceExhausted)
        association.flags = [.sequenceMayWrap]
        var wrapping = try OutboundSA(association, random: &random)
        let bytes = try wrapping.sealing(packet).bytes
        #expect(Array(bytes[24..<28]) == [0, 0, 0, 0])
        // The IV goes on: no nonce comes twice.
        #expect(Array(bytes[28..<36]) == [0, 0, 0, 1, 0, 0, 0, 0])
    }

    /// RFC 4303 appendix A2.2, both cases, at their edges; W is 64.
    @Test(
        arguments: [
            (top: 0x0000_0005_0000_1000, low: 0x0000_0fc1, whole: 0x0000_0005_0000_0fc1),
            (top: 0x0000_0005_0000_1000, low: 0x0000_0fc0, whole: 0x0000_0006_0000_0fc0),
            (top: 0x0000_0005_0000_1000, low: 0xffff_ffff, whole: 0x0000_0005_ffff_ffff),
            (top: 0x0000_0005_0000_003f, low: 0x0000_0000, whole: 0x0000_0005_0000_0000),
            (top: 0x0000_0005_0000_003e, low: 0xffff_ffff, whole: 0x0000_0004_ffff_ffff),
            (top: 0x0000_0005_0000_0000, low: 0xffff_ffc1, whole: 0x0000_0004_ffff_ffc1),
            (top: 0x0000_0005_0000_0000, low: 0xffff_ffc0, whole: 0x0000_0005_ffff_ffc0),
            (top: 0x0000_0005_0000_0000, low: 0x0000_0001, whole: 0x0000_0005_0000_0001),
            // Nothing comes before number 0.
            (top: 0x0000_0000_0000_0000, low: 0xffff_ffff, whole: 0x0000_0000_ffff_ffff),
            (top: 0x0000_0000_0000_0005, low: 0x0000_0000, whole: 0x0000_0000_0000_0000),
        ] as [(top: UInt64, low: UInt32, whole: UInt64)])
    func theHighHalfIsInferred(_ example: (top: UInt64, low: UInt32, whole: UInt64)) {
        let window = ReplayWindow(
            SADEntry.ReplayProtection(
                window: 64, usesExtendedSequenceNumbers: true, inboundSequence: example.top))
        #expect(window.sequence(example.low) == example.whole)
    }

    @Test func withoutAWindowTheNearestNumberIsMeant() {
        let window = ReplayWindow(
            SADEntry.ReplayProtection(
                window: 0, usesExtendedSequenceNumbers: true, inboundSequence: 5 << 32 | 10))
        #expect(window.sequence(11) == 5 << 32 | 11)
        #expect(window.sequence(0xffff_fff0) == 4 << 32 | 0xffff_fff0)
        #expect(window.sequence(0x7fff_ffff) == 5 << 32 | 0x7fff_ffff)
        #expect(window.sequence(0x9000_0000) == 4 << 32 | 0x9000_0000)
    }
}
