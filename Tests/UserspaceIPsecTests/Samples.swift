import Algorithms
import IPsec
import KeyMaterial
import Testing

/// SAs and policies for these tests.
enum Samples {
    static func association(
        _ direction: Direction, spi: UInt32 = 0x1001, from source: String = "192.0.2.1",
        to destination: String = "192.0.2.2", mode: EncapsulationMode = .tunnel, requestID: UInt32 = 7,
        lifetime: Lifetime = .unlimited, encapsulation: UDPEncapsulation? = nil
    ) throws -> SecurityAssociation {
        SecurityAssociation(
            id: SecurityAssociationID(
                destination: try #require(IPAddress(destination)), protocol: .esp, spi: SPI(spi)),
            source: try #require(IPAddress(source)), direction: direction, mode: mode, requestID: requestID,
            transform: ESPTransform(
                encryption: CipherChoice(.aesCBC, keyBits: 128),
                encryptionKey: SecretKey(copying: Array(repeating: 1, count: 16)),
                integrity: .hmacSHA256,
                integrityKey: SecretKey(copying: Array(repeating: 2, count: 32))),
            encapsulation: encapsulation, lifetime: lifetime)
    }

    /// AH in transport mode.
    static func authentication(
        _ direction: Direction, spi: UInt32 = 0x3001, from source: String = "192.0.2.1",
        to destination: String = "192.0.2.2", requestID: UInt32 = 7
    ) throws -> SecurityAssociation {
        var association = try association(
            direction, spi: spi, from: source, to: destination, mode: .transport, requestID: requestID)
        association.id = SecurityAssociationID(
            destination: association.id.destination, protocol: .ah, spi: SPI(spi))
        association.transform = ESPTransform(
            encryption: CipherChoice(.null), encryptionKey: SecretKey(copying: []), integrity: .hmacSHA256,
            integrityKey: SecretKey(copying: Array(repeating: 2, count: 32)))
        return association
    }

    static func policy(
        _ direction: PolicyDirection, from source: String = "10.1.0.0/24",
        to destination: String = "10.2.0.0/24",
        mode: EncapsulationMode = .tunnel, tunnel: (String, String)? = ("192.0.2.1", "192.0.2.2"),
        level: PolicyTemplate.Level = .unique(requestID: 7)
    ) throws -> SecurityPolicy {
        let template = PolicyTemplate(
            protocol: .esp, mode: mode, tunnelSource: try tunnel.map { try #require(IPAddress($0.0)) },
            tunnelDestination: try tunnel.map { try #require(IPAddress($0.1)) }, level: level)
        return SecurityPolicy(
            selector: Selector(
                source: try #require(IPPrefix(source)), destination: try #require(IPPrefix(destination))),
            direction: direction, action: .protect([template]))
    }
}
