import Algorithms
import Cryptography
import ESP
import IPsec
import KeyMaterial

/// The same octet again and again: a run must be repeatable.
struct ConstantRandom: RandomSource {
    mutating func bytes(count: Int) -> [UInt8] { Array(repeating: 7, count: count) }
    mutating func secret(count: Int) -> SecretBytes { SecretBytes(copying: bytes(count: count)) }
}

/// SAs of every construction, mode and nesting that the engine has.
enum PacketSamples {
    static let espTransforms: [(CipherChoice, IntegrityAlgorithm?)] = [
        (CipherChoice(.null), .hmacSHA1), (CipherChoice(.aesGCM16), nil), (CipherChoice(.aesCCM8), nil),
        (CipherChoice(.aesGMAC), nil), (CipherChoice(.chaCha20Poly1305), nil),
        (CipherChoice(.aesCTR), .hmacSHA256), (CipherChoice(.aesCBC), .aesXCBC),
        (CipherChoice(.tripleDES), .hmacMD5), (CipherChoice(.camelliaCBC), .aesCMAC),
    ]

    static let flags: [Set<SAFlag>] = [
        [], [.noECN], [.decapsulateDSCP, .align4], [.noPMTUDiscovery, .noEncapsulateDSCP, .align4],
    ]

    static func address(_ family: AddressFamily, _ host: UInt8) -> IPAddress {
        let base: UInt128 = family == .ipv4 ? 0xc000_0200 : 0x2001_0db8 << 96
        return IPAddress(family: family, value: base + UInt128(host))
    }

    /// Every transform in every mode, over IPv4 and IPv6, in UDP and not, with and without extended numbers.
    static let esp: [SecurityAssociation] = espTransforms.enumerated().flatMap { index, transform in
        [EncapsulationMode.tunnel, .transport, .beet].enumerated().map { place, mode in
            let number = index + place
            let family: AddressFamily = number.isMultiple(of: 2) ? .ipv4 : .ipv6
            var association = association(.esp, mode, family, transform.0, transform.1)
            if (number / 2).isMultiple(of: 2) {
                association.encapsulation = UDPEncapsulation(sourcePort: 4500, destinationPort: 4500)
            }
            association.flags = flags[number % flags.count]
            association.usesExtendedSequenceNumbers = number.isMultiple(of: 3)
            if mode == .tunnel, index.isMultiple(of: 3) { association.trafficFlowPadding = 200 }
            return association
        }
    }

    static let ah: [SecurityAssociation] = [IntegrityAlgorithm.hmacSHA256, .hmacMD5, .aesXCBC].enumerated()
        .flatMap { index, integrity in
            [EncapsulationMode.tunnel, .transport].map { mode in
                var association = association(
                    .ah, mode, index == 1 ? .ipv6 : .ipv4, CipherChoice(.null), integrity)
                association.flags = index == 0 ? [] : [.align4]
                association.usesExtendedSequenceNumbers = index == 1
                return association
            }
        }

    static let compression: [SecurityAssociation] = [EncapsulationMode.tunnel, .transport].map { mode in
        var association = association(.ipcomp, mode, .ipv4, CipherChoice(.null), nil)
        association.id = SecurityAssociationID(
            destination: association.id.destination, protocol: .ipcomp, spi: SPI(2))
        association.compression = .deflate
        return association
    }

    private static func association(
        _ protocol: SecurityProtocol, _ mode: EncapsulationMode, _ family: AddressFamily,
        _ cipher: CipherChoice, _ integrity: IntegrityAlgorithm?
    ) -> SecurityAssociation {
        // The inner addresses of BEET are of the other family every second time.
        let inner: AddressFamily = cipher.algorithm.isAEAD ? family : family == .ipv4 ? .ipv6 : .ipv4
        var association = SecurityAssociation(
            id: SecurityAssociationID(
                destination: address(family, 2), protocol: `protocol`, spi: SPI(0x0102_0304)),
            source: address(family, 1), direction: .inbound, mode: mode, requestID: 1,
            selector: mode == .beet
                ? Selector(
                    source: IPPrefix(host: address(inner, 3)), destination: IPPrefix(host: address(inner, 4)))
                : nil,
            transform: ESPTransform(
                encryption: cipher,
                encryptionKey: SecretKey(copying: Array(repeating: 1, count: cipher.keyMaterialSize)),
                integrity: integrity,
                integrityKey: integrity.map { SecretKey(copying: Array(repeating: 2, count: $0.keySize)) }),
            replayWindow: 0)
        association.replay.inboundSequence = 5
        return association
    }
}

/// Whether the packet is whole: its header says how long it is.
func requireWhole(_ opened: OpenedPacket, in buffer: [UInt8]) {
    precondition(opened.packet.lowerBound >= 0 && opened.packet.upperBound <= buffer.count)
    guard let header = try? IPHeader(buffer.span.extracting(opened.packet)) else {
        preconditionFailure("an opened packet without a header")
    }
    precondition(header.totalCount == opened.packet.count, "an opened packet of another length")
}
