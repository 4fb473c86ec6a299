import Algorithms
import ESP
import IPsec
import KeyMaterial
import TestSupport
import Testing

/// A whole packet of RFC 3602 section 4.
struct RFC3602Packet: Decodable, Sendable, CustomTestStringConvertible {
    let `case`: Int
    let kind: String
    let mode: String?
    let key: HexOctets
    let spi: UInt32?
    let original: HexOctets?
    let packet: HexOctets?

    private enum CodingKeys: String, CodingKey {
        case `case`, kind, mode, key, spi, packet
        case original = "original_packet"
    }

    struct File: Decodable {
        let vectors: [RFC3602Packet]
    }

    var testDescription: String { "RFC 3602 case \(`case`)" }

    static func all() throws -> [RFC3602Packet] {
        try VectorFile.committed("esp_rfc3602.json", of: "ESPTests", as: File.self).vectors.filter {
            $0.kind == "esp"
        }
    }
}

/// A packet of draft-mcgrew-gcm-test-01.
struct GCMPacket: Decodable, Sendable, CustomTestStringConvertible {
    let algorithm: String
    let key: HexOctets
    let spi: HexOctets?
    let seq: HexOctets?
    let nonce: HexOctets
    let plaintext: HexOctets
    let packet: HexOctets?

    struct File: Decodable {
        let vectors: [GCMPacket]
    }

    var testDescription: String { "\(algorithm) spi \(spi?.description ?? "") seq \(seq?.description ?? "")" }

    static let name = "esp_gcm_draft_mcgrew.json"

    static func all() -> [GCMPacket] {
        let vectors = (try? VectorFile.shared(name, as: File.self).vectors) ?? []
        return vectors.filter { vector in
            // SPI 0 is no ESP here.
            vector.algorithm == "AES-GCM-ESP" && vector.spi?.bytes.contains { $0 != 0 } == true
        }
    }
}

/// The whole packet of RFC 7634 appendix A.
struct ChaChaPacket: Decodable {
    let kind: String
    let keymat: HexOctets?
    let original: HexOctets?
    let packet: HexOctets?

    private enum CodingKeys: String, CodingKey {
        case kind, keymat, packet
        case original = "original_packet"
    }

    struct File: Decodable {
        let vectors: [ChaChaPacket]
    }
}

struct RFCPacketTests {
    @Test func opensRFC7634() throws {
        let file = try VectorFile.committed(
            "chacha20poly1305_rfc7634.json", of: "ESPTests", as: ChaChaPacket.File.self)
        let vector = try #require(file.vectors.first { $0.kind == "esp" })
        let bytes = try #require(vector.packet?.bytes)
        let header = try IPHeader(bytes.span)
        let association = SecurityAssociation(
            id: SecurityAssociationID(
                destination: header.destination, protocol: .esp, spi: SPI(0x0102_0304)),
            source: header.source, direction: .inbound, mode: .tunnel, requestID: 0,
            transform: ESPTransform(
                encryption: CipherChoice(.chaCha20Poly1305),
                encryptionKey: SecretKey(copying: try #require(vector.keymat?.bytes)), integrity: nil,
                integrityKey: nil))
        var inbound = try InboundSA(association)
        #expect(try inbound.opening(bytes).bytes == vector.original?.bytes)
    }

    @Test(arguments: try RFC3602Packet.all())
    func opensRFC3602(_ vector: RFC3602Packet) throws {
        let bytes = try #require(vector.packet?.bytes)
        let original = try #require(vector.original?.bytes)
        let header = try IPHeader(bytes.span)
        let association = SecurityAssociation(
            id: SecurityAssociationID(
                destination: header.destination, protocol: .esp, spi: SPI(try #require(vector.spi))),
            source: header.source, direction: .inbound, mode: vector.mode == "tunnel" ? .tunnel : .transport,
            requestID: 0,
            transform: ESPTransform(
                encryption: CipherChoice(.aesCBC), encryptionKey: SecretKey(copying: vector.key.bytes),
                integrity: nil,
                integrityKey: nil))
        var inbound = try InboundSA(association)
        let opened = try inbound.opening(bytes)
        // In transport mode the RFC's outer header has a TTL and identification of its own.
        let skipped = vector.mode == "tunnel" ? 0 : 20
        #expect(opened.bytes.count == original.count)
        #expect(opened.bytes.dropFirst(skipped) == original.dropFirst(skipped))
        let restored = try IPHeader(opened.bytes.span)
        #expect(restored.nextProtocol == 1)
        #expect(Array(opened.bytes.prefix(20)) == SamplePacket.checksummed(Array(opened.bytes.prefix(20))))
    }

    @Test(.enabled(if: VectorFile.isPresent(GCMPacket.name)), arguments: GCMPacket.all())
    func opensDraftMcGrew(_ vector: GCMPacket) throws {
        let number = { (octets: HexOctets?) in octets?.bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } ?? 0 }
        let isTunnel = vector.plaintext.bytes.last == 4
        var association = SecurityAssociation(
            id: SecurityAssociationID(
                destination: SampleSA.address(.ipv4, 2), protocol: .esp, spi: SPI(UInt32(number(vector.spi)))),
            source: SampleSA.address(.ipv4, 1), direction: .inbound, mode: isTunnel ? .tunnel : .transport,
            requestID: 0,
            transform: ESPTransform(
                encryption: CipherChoice(.aesGCM16, keyBits: vector.key.bytes.count * 8),
                encryptionKey: SecretKey(copying: vector.key.bytes + vector.nonce.bytes.prefix(4)),
                integrity: nil,
                integrityKey: nil),
            usesExtendedSequenceNumbers: vector.seq?.bytes.count == 8)
        association.replay.inboundSequence = number(vector.seq) - 1
        var inbound = try InboundSA(association)
        let outer = ESPPacket.Outer(
            source: SampleSA.address(.ipv4, 1), destination: SampleSA.address(.ipv4, 2))
        do throws(DropReason) {
            let opened = try inbound.opening(payload: vector.packet?.bytes ?? [], outer: outer)
            let payload = isTunnel ? opened : Array(opened.dropFirst(20))
            let padCount = Int(vector.plaintext.bytes.dropLast().last ?? 0)
            #expect(payload == vector.plaintext.bytes.dropLast(padCount + 2))
        } catch {
            // One vector is a dummy packet; dropping it proves that the ICV was right and the trailer read.
            #expect(error == .dummy)
            #expect(vector.plaintext.bytes.last == 59)
        }
        #expect(inbound.highestSequence == number(vector.seq))
    }

    @Test func aFolderOfVectorsHoldsWhatItShould() {
        if VectorFile.isPresent(GCMPacket.name) { #expect(GCMPacket.all().count == 13) }
    }
}
