import Algorithms
import Cryptography
import ESP
import IPsec
import KeyMaterial
import TestSupport
import Testing

/// A transform of the catalogue, and how it is used.
struct SampleSA: Sendable, CustomTestStringConvertible {
    var encryption: CipherChoice
    var integrity: IntegrityAlgorithm?
    var mode = EncapsulationMode.tunnel
    var family = AddressFamily.ipv4
    var isUDP = false
    var replayWindow: UInt32 = 64
    var selector: Selector?
    var lifetime = Lifetime.unlimited

    var testDescription: String {
        "\(encryption) \(integrity?.name ?? "-") \(mode) over \(family)\(isUDP ? " in UDP" : "")"
    }

    static let gcm = SampleSA(encryption: CipherChoice(.aesGCM16))

    /// Every cipher that the engine performs with its shortest, usual and longest key; AES-CBC and the null
    /// cipher with every integrity algorithm, each other one that needs any with one.
    static let transforms: [SampleSA] = Catalogue.encryption.filter(\.isInSoftware).flatMap { algorithm in
        let lengths = algorithm.keyLengths
        let bits = Set([lengths.minimum, algorithm.defaultKeyLength, lengths.maximum]).sorted()
        return bits.flatMap { bits -> [SampleSA] in
            let choice = CipherChoice(algorithm, keyBits: bits)
            if algorithm.isAEAD { return [SampleSA(encryption: choice)] }
            let isThorough = choice == CipherChoice(.aesCBC) || algorithm == .null
            return (isThorough ? integrity : [.hmacSHA256]).map {
                SampleSA(encryption: choice, integrity: $0)
            }
        }
    }

    /// What the engine performs.
    private static let integrity = Catalogue.integrity.filter { $0.isInSoftware && $0 != .null }

    /// Every transform in every mode over both families, in UDP and not.
    static let all: [SampleSA] = transforms.flatMap { sample in
        [EncapsulationMode.tunnel, .transport].flatMap { mode in
            [AddressFamily.ipv4, .ipv6].flatMap { family in
                [false, true].map { isUDP in
                    var sample = sample
                    (sample.mode, sample.family, sample.isUDP) = (mode, family, isUDP)
                    return sample
                }
            }
        }
    }

    static func address(_ family: AddressFamily, _ host: UInt8) -> IPAddress {
        let base: UInt128 = family == .ipv4 ? 0xc000_0200 : 0x2001_0db8 << 96
        return IPAddress(family: family, value: base + UInt128(host))
    }

    func association(_ direction: Direction) -> SecurityAssociation {
        var random = FixedRandom(seed: 77)
        let key = SecretKey(random.secret(count: encryption.keyMaterialSize))
        let integrityKey = integrity.map { SecretKey(random.secret(count: $0.keySize)) }
        return SecurityAssociation(
            id: SecurityAssociationID(
                destination: Self.address(family, 2), protocol: .esp, spi: SPI(0x0102_0304)),
            source: Self.address(family, 1), direction: direction, mode: mode, requestID: 1,
            selector: selector,
            transform: ESPTransform(
                encryption: encryption, encryptionKey: key, integrity: integrity, integrityKey: integrityKey),
            encapsulation: isUDP ? UDPEncapsulation(sourcePort: 4500, destinationPort: 50000) : nil,
            replayWindow: replayWindow, lifetime: lifetime)
    }

    func outbound() throws -> OutboundSA {
        var random = FixedRandom(seed: 5)
        return try OutboundSA(association(.outbound), random: &random)
    }

    func inbound() throws -> InboundSA { try InboundSA(association(.inbound)) }
}

/// IP packets to protect.
enum SamplePacket {
    /// A UDP datagram with `count` octets of payload and right checksums in the IP header.
    static func udp(_ family: AddressFamily, count: Int, trafficClass: UInt8 = 0, seed: UInt64 = 1) -> [UInt8]
    {
        var random = FixedRandom(seed: seed)
        let ports: [UInt8] = [0x04, 0xd2, 0x00, 0x35]
        let length = UInt16(count + 8)
        let upper = ports + [UInt8(length >> 8), UInt8(length & 0xff), 0, 0] + random.bytes(count: count)
        return header(family, upper.count, proto: 17, trafficClass: trafficClass) + upper
    }

    static func header(
        _ family: AddressFamily, _ payloadCount: Int, proto: UInt8, trafficClass: UInt8 = 0
    ) -> [UInt8] {
        let (source, destination) = (SampleSA.address(family, 1).bytes, SampleSA.address(family, 2).bytes)
        guard family == .ipv4 else {
            return [
                0x60 | trafficClass >> 4, trafficClass << 4, 0, 0, UInt8(payloadCount >> 8),
                UInt8(payloadCount & 0xff), proto, 61,
            ] + source + destination
        }
        let total = payloadCount + 20
        var header: [UInt8] = [
            0x45, trafficClass, UInt8(total >> 8), UInt8(total & 0xff), 0x12, 0x34, 0x40, 0, 61,
        ]
        header += [proto, 0, 0] + source + destination
        return checksummed(header)
    }

    /// An IPv4 header with its checksum, computed the plain way.
    static func checksummed(_ header: [UInt8]) -> [UInt8] {
        var header = header
        (header[10], header[11]) = (0, 0)
        var sum = 0
        for index in stride(from: 0, to: header.count, by: 2) {
            sum += Int(header[index]) << 8 + Int(header[index + 1])
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        (header[10], header[11]) = (UInt8(~sum >> 8 & 0xff), UInt8(~sum & 0xff))
        return header
    }
}

extension OutboundSA {
    /// Seals a packet in a buffer of its own.
    mutating func sealing(_ packet: [UInt8]) throws -> (bytes: [UInt8], sealed: SealedPacket) {
        var buffer = [UInt8](repeating: 0xee, count: PacketRoom.headroom) + packet
        buffer += [UInt8](repeating: 0xee, count: PacketRoom.tailroom)
        let start = PacketRoom.headroom
        var span = buffer.mutableSpan
        let sealed = try seal(&span, packet: start..<start + packet.count)
        return (Array(buffer[sealed.packet]), sealed)
    }
}

extension InboundSA {
    /// Opens a whole IP packet.
    mutating func opening(_ bytes: [UInt8]) throws(DropReason) -> (bytes: [UInt8], opened: OpenedPacket) {
        var buffer = bytes
        let packet = try ESPPacket(inIPPacket: 0..<buffer.count, of: buffer.span)
        var span = buffer.mutableSpan
        let opened = try open(&span, packet)
        return (Array(buffer[opened.packet]), opened)
    }

    /// Opens octets that begin with the SPI, as a UDP socket gives them.
    mutating func opening(payload: [UInt8], outer: ESPPacket.Outer) throws(DropReason) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: PacketRoom.inboundHeadroom) + payload
        let range = PacketRoom.inboundHeadroom..<buffer.count
        let packet = try ESPPacket(payload: range, of: buffer.span, outer: outer)
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
