import Algorithms
import ESP
import IPsec
import KeyMaterial

/// A transform to measure.
struct SampleTransform {
    let encryption: CipherChoice
    var integrity: IntegrityAlgorithm?

    var name: String { integrity.map { "\(encryption)+\($0)" } ?? "\(encryption)" }

    /// A tunnel between two IPv4 hosts; its keys are those of the plain C program.
    func association(_ direction: Direction, spi: UInt32 = 0x0102_0304, host: UInt32 = 2)
        -> SecurityAssociation
    {
        let base: UInt128 = 0xc633_0000
        return SecurityAssociation(
            id: SecurityAssociationID(
                destination: IPAddress(family: .ipv4, value: base + UInt128(host)), protocol: .esp,
                spi: SPI(spi)),
            source: IPAddress(family: .ipv4, value: base + 1), direction: direction, mode: .tunnel,
            requestID: 0,
            transform: ESPTransform(
                encryption: encryption,
                encryptionKey: SecretKey(copying: Array(repeating: 1, count: encryption.keyMaterialSize)),
                integrity: integrity,
                integrityKey: integrity.map { SecretKey(copying: Array(repeating: 2, count: $0.keySize)) }))
    }
}

/// IP packets as applications send them.
enum SamplePacket {
    /// A UDP datagram over IPv4, `count` octets long in all.
    static func udp(count: Int) -> [UInt8] {
        let size = UInt16(count)
        let header: [UInt8] = [
            0x45, 0, UInt8(size >> 8), UInt8(size & 0xff), 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0,
            1,
        ]
        let datagram: [UInt8] = [
            0x04, 0xd2, 0x16, 0x2e, UInt8((size - 20) >> 8), UInt8((size - 20) & 0xff), 0, 0,
        ]
        return header + datagram + Array(repeating: 0x5a, count: count - 28)
    }
}
