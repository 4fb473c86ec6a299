import Algorithms
import CaptureFile
import Cryptography
import IPsec
import KeyMaterial
import PacketAudit
import SADText
import SetkeyScript
import SourceText
import TestSupport

/// Entries, packets and captures to audit.
enum Samples {
    static let addresses = (source: IPAddress("192.0.2.1"), destination: IPAddress("192.0.2.2"))

    /// SAs as the file says.
    static func stated(_ text: String, _ format: SADFormat? = nil) -> [StatedAssociation] {
        SADText(SourceFile(name: "sad", text: text), SADText.Settings(format: format)).associations
    }

    static let gcm =
        "add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -r 64 -E aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213;"
    static let cbc =
        "add 192.0.2.1 192.0.2.2 esp 0x1002 -m tunnel -E aes-cbc 0x000102030405060708090a0b0c0d0e0f "
        + "-A hmac-sha256 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f;"
    static let ah =
        "add 192.0.2.1 192.0.2.2 ah 0x2001 -m transport -A hmac-sha1 0x000102030405060708090a0b0c0d0e0f10111213;"

    /// Every transform of ESP that the engine performs.
    static let transforms: [SADEntry] = Catalogue.encryption.filter(\.isInSoftware).flatMap { cipher in
        let integrity = Catalogue.integrity.filter { $0.isInSoftware && $0 != .null }
        if cipher.isAEAD { return [entry(cipher, nil)] }
        return cipher == .aesCBC ? integrity.map { entry(cipher, $0) } : [entry(cipher, .hmacSHA256)]
    }

    static func entry(_ cipher: EncryptionAlgorithm, _ integrity: IntegrityAlgorithm?) -> SADEntry {
        var random = FixedRandom(seed: 9)
        let key = SecretKey(random.secret(count: CipherChoice(cipher).keyMaterialSize))
        let keyed = integrity.map { KeyedIntegrity($0, key: SecretKey(random.secret(count: $0.keySize))) }
        return SADEntry(
            id: SecurityAssociationID(
                destination: IPAddress(family: .ipv4, value: 0xc000_0202), protocol: .esp,
                spi: SPI(0x1001)),
            source: IPAddress(family: .ipv4, value: 0xc000_0201), mode: .tunnel,
            transform: .esp(KeyedCipher(cipher, key: key), keyed))
    }

    /// A UDP datagram between hosts, as a captured packet without a link layer.
    static func plain(
        _ source: [UInt8] = [10, 1, 0, 1], _ destination: [UInt8] = [10, 2, 0, 1], count: Int = 9
    )
        -> CapturedPacket
    {
        let datagram: [UInt8] =
            [0x04, 0xd2, 0, 53, 0, UInt8(8 + count), 0, 0] + Array(repeating: 7, count: count)
        let packet: [UInt8] =
            [0x45, 0, 0, UInt8(20 + datagram.count), 0, 1, 0x40, 0, 64, 17, 0, 0] + source + destination
            + datagram
        return CapturedPacket(
            record: 1, time: CaptureTime(seconds: 1_700_000_000), linkType: .raw, bytes: packet)
    }

    /// The packets as an SA's sender seals them.
    static func sealed(_ packets: [CapturedPacket], _ entry: SADEntry) throws -> [CapturedPacket] {
        var random = SeededRandom(seed: 1)
        var sealing = try SealedCapture(entry, random: &random)
        return try packets.map { packet in
            var packet = packet
            let frame = try LinkFrame(packet.bytes.span, .raw)
            guard let bytes = sealing.seal(packet, frame) else { throw NotSealed() }
            packet.bytes = bytes
            packet.originalCount = bytes.count
            return packet
        }
    }

    struct NotSealed: Error {}

    /// The packets as the SAs of a setkey text seal them, the last one outermost.
    static func sealed(_ packets: [CapturedPacket], _ texts: String...) throws -> [CapturedPacket] {
        try texts.reduce(packets) { packets, text in
            try stated(text).map(\.entry).reduce(packets) { packets, entry in try sealed(packets, entry) }
        }
    }
}

extension Finding {
    var sealed: SealedFinding? {
        if case .sealed(let finding) = what { finding } else { nil }
    }
}
