// modules: Wire Algorithms KeyMaterial IPsec Cryptography ESP
// seeds: esp-seeds
import Algorithms
import Cryptography
import ESP
import IPsec
import KeyMaterial

private struct CountingRandom: RandomSource {
    mutating func bytes(count: Int) -> [UInt8] { Array(repeating: 7, count: count) }
    mutating func secret(count: Int) -> SecretBytes { SecretBytes(copying: bytes(count: count)) }
}

private func sample(
    _ mode: EncapsulationMode, _ cipher: CipherChoice, _ integrity: IntegrityAlgorithm?, isUDP: Bool
) -> SecurityAssociation {
    let address = IPAddress(family: .ipv4, value: 0xc000_0201)
    return SecurityAssociation(
        id: SecurityAssociationID(destination: address, protocol: .esp, spi: SPI(0x0102_0304)),
        source: address,
        direction: .inbound, mode: mode, requestID: 1,
        transform: ESPTransform(
            encryption: cipher,
            encryptionKey: SecretKey(copying: Array(repeating: 1, count: cipher.keyMaterialSize)),
            integrity: integrity,
            integrityKey: integrity.map { SecretKey(copying: Array(repeating: 2, count: $0.keySize)) }),
        encapsulation: isUDP ? UDPEncapsulation(sourcePort: 4500, destinationPort: 4500) : nil,
        replayWindow: 0)
}

/// Keyed once for all runs: keying takes longer than a packet does.
private final class Engines {
    private let association: SecurityAssociation
    private var plain: InboundSA
    private var sealed: InboundSA
    private var sealing: PacketProtection
    private var outbound: OutboundSA

    init(_ mode: EncapsulationMode) throws {
        var random = CountingRandom()
        let null = sample(mode, CipherChoice(.null), .hmacSHA1, isUDP: true)
        association = null
        plain = try InboundSA(sample(mode, CipherChoice(.aesCBC), nil, isUDP: true))
        sealed = try InboundSA(null)
        sealing = try PacketProtection(
            null.transform.encryption, encryptionKey: null.transform.encryptionKey,
            integrity: null.transform.integrity, integrityKey: null.transform.integrityKey, use: .sealing,
            ivSeed: random.secret(count: 16))
        outbound = try OutboundSA(sample(mode, CipherChoice(.aesGCM16), nil, isUDP: true), random: &random)
    }

    /// Octets from the network, as a whole IP packet.
    func openPacket(_ bytes: [UInt8]) throws {
        var buffer = bytes
        let packet = try ESPPacket(inIPPacket: 0..<buffer.count, of: buffer.span)
        var span = buffer.mutableSpan
        check(try plain.open(&span, packet), buffer.count)
    }

    /// Octets from the network, as the payload of a datagram.
    func openPayload(_ bytes: [UInt8], isBody: Bool = false) throws {
        var buffer = Array(repeating: UInt8(0), count: PacketRoom.inboundHeadroom) + bytes
        let outer = ESPPacket.Outer(source: association.source, destination: association.id.destination)
        let packet = try ESPPacket(
            payload: PacketRoom.inboundHeadroom..<buffer.count, of: buffer.span, outer: outer)
        var span = buffer.mutableSpan
        check(isBody ? try sealed.open(&span, packet) : try plain.open(&span, packet), buffer.count)
    }

    /// What a peer with the right key could put into a packet: the octets as decrypted body.
    func openBody(_ bytes: [UInt8]) throws {
        var packet = [1, 2, 3, 4, 0, 0, 0, 1] + bytes + Array(repeating: 0, count: 12)
        var span = packet.mutableSpan
        sealing.seal(&span, PacketLayout(start: 0, bodyCount: bytes.count), counter: 1)
        try openPayload(packet, isBody: true)
    }

    /// Octets from the host.
    func seal(_ bytes: [UInt8]) throws {
        var buffer = Array(repeating: UInt8(0), count: PacketRoom.headroom) + bytes
        buffer += Array(repeating: UInt8(0), count: PacketRoom.tailroom)
        var span = buffer.mutableSpan
        _ = try outbound.seal(&span, packet: PacketRoom.headroom..<PacketRoom.headroom + bytes.count)
    }

    private func check(_ opened: OpenedPacket, _ count: Int) {
        precondition(opened.packet.lowerBound >= 0 && opened.packet.upperBound <= count)
    }
}

// why: libFuzzer calls from one thread.
nonisolated(unsafe) private let engines = [try? Engines(.tunnel), try? Engines(.transport)]

/// Packets from the network, bodies from a peer, packets from the host: none may trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    for engine in engines {
        guard let engine else { preconditionFailure("the engine refuses its own sample") }
        try? engine.openPacket(bytes)
        try? engine.openPayload(bytes)
        try? engine.openBody(bytes)
        try? engine.seal(bytes)
    }
    _ = try? PacketFlow(bytes.span)
    return 0
}
