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

private func association(
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

private func open(_ bytes: [UInt8], _ association: SecurityAssociation, hasHeader: Bool) throws {
    var inbound = try InboundSA(association)
    let room = hasHeader ? 0 : PacketRoom.inboundHeadroom
    var buffer = Array(repeating: UInt8(0), count: room) + bytes
    let range = room..<buffer.count
    let outer = ESPPacket.Outer(source: association.source, destination: association.id.destination)
    let packet =
        hasHeader
        ? try ESPPacket(inIPPacket: range, of: buffer.span)
        : try ESPPacket(payload: range, of: buffer.span, outer: outer)
    var span = buffer.mutableSpan
    let opened = try inbound.open(&span, packet)
    precondition(opened.packet.lowerBound >= 0 && opened.packet.upperBound <= buffer.count)
}

/// What a peer with the right key could put into a packet: the octets as decrypted body.
private func openAsBody(_ bytes: [UInt8], _ mode: EncapsulationMode) throws {
    let association = association(mode, CipherChoice(.null), .hmacSHA1, isUDP: true)
    var packet = [1, 2, 3, 4, 0, 0, 0, 1] + bytes + Array(repeating: 0, count: 12)
    var protection = try PacketProtection(
        association.transform.encryption, encryptionKey: association.transform.encryptionKey,
        integrity: association.transform.integrity, integrityKey: association.transform.integrityKey,
        use: .sealing,
        ivSeed: SecretBytes(copying: Array(repeating: 0, count: 16)))
    var span = packet.mutableSpan
    protection.seal(&span, PacketLayout(start: 0, bodyCount: bytes.count), counter: 1)
    try open(packet, association, hasHeader: false)
}

private func seal(_ bytes: [UInt8], _ mode: EncapsulationMode) throws {
    var random = CountingRandom()
    var outbound = try OutboundSA(
        association(mode, CipherChoice(.aesGCM16), nil, isUDP: true), random: &random)
    var buffer = Array(repeating: UInt8(0), count: PacketRoom.headroom) + bytes
    buffer += Array(repeating: UInt8(0), count: PacketRoom.tailroom)
    var span = buffer.mutableSpan
    _ = try outbound.seal(&span, packet: PacketRoom.headroom..<PacketRoom.headroom + bytes.count)
}

/// Packets from the network, bodies from a peer, packets from the host: none may trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    for mode in [EncapsulationMode.tunnel, .transport] {
        let association = association(mode, CipherChoice(.aesCBC), nil, isUDP: true)
        try? open(bytes, association, hasHeader: true)
        try? open(bytes, association, hasHeader: false)
        try? openAsBody(bytes, mode)
        try? seal(bytes, mode)
    }
    _ = try? PacketFlow(bytes.span)
    return 0
}
