import Algorithms
import IPsec
import KeyMaterial
import Wire

@testable import Netlink
@testable import XFRM

/// Values that the tests of this target share.
enum Samples {
    static func address(_ text: String) -> IPAddress {
        guard let address = IPAddress(text) else { preconditionFailure("no address: \(text)") }
        return address
    }

    static func prefix(_ text: String) -> IPPrefix {
        guard let prefix = IPPrefix(text) else { preconditionFailure("no prefix: \(text)") }
        return prefix
    }

    static func selector(_ source: String, _ destination: String, proto: UInt8 = 0, port: UInt16 = 0)
        -> Selector
    {
        Selector(
            source: prefix(source), destination: prefix(destination), upperProtocol: proto,
            destinationPort: port)
    }

    static func key(_ count: Int) -> SecretKey {
        SecretKey(copying: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) })
    }

    static func transform(_ cipher: CipherChoice, _ integrity: IntegrityAlgorithm?) -> ESPTransform {
        ESPTransform(
            encryption: cipher, encryptionKey: key(cipher.keyMaterialSize), integrity: integrity,
            integrityKey: integrity.map { key($0.keySize) })
    }

    /// What a Linux kernel has.
    static let kernelIntegrity = Catalogue.integrity.filter { !$0.isObsolete }

    /// Every pair that ESP may have.
    static var transforms: [(CipherChoice, IntegrityAlgorithm?)] {
        Catalogue.encryption.flatMap { algorithm in
            algorithm.keyLengths.flatMap { bits -> [(CipherChoice, IntegrityAlgorithm?)] in
                let choice = CipherChoice(algorithm, keyBits: bits)
                return algorithm.isAEAD ? [(choice, nil)] : kernelIntegrity.map { (choice, $0) }
            }
        }
    }

    /// What a kernel is tried with: every cipher with its shortest, usual and longest key, every integrity algorithm.
    static var kernelTransforms: [(CipherChoice, IntegrityAlgorithm?)] {
        let ciphers = Catalogue.encryption.flatMap { algorithm -> [(CipherChoice, IntegrityAlgorithm?)] in
            let lengths = Array(algorithm.keyLengths)
            let tried = Set([algorithm.defaultKeyLength] + lengths.prefix(1) + lengths.suffix(1))
            return tried.sorted().map { bits -> (CipherChoice, IntegrityAlgorithm?) in
                (CipherChoice(algorithm, keyBits: bits), algorithm.isAEAD ? nil : .hmacSHA256)
            }
        }
        return ciphers + kernelIntegrity.map { (CipherChoice(.aesCBC), $0) }
    }

    /// What kernels for everybody are often built without.
    static func isRare(_ cipher: CipherChoice, _ integrity: IntegrityAlgorithm?) -> Bool {
        ["sm4-cbc", "hmac-sm3"].contains { $0 == cipher.algorithm.name || $0 == integrity?.name }
    }

    static func association(
        spi: UInt32 = 0xc012_3456, _ direction: Direction = .inbound, _ mode: EncapsulationMode = .tunnel,
        source: String = "192.0.2.1", destination: String = "192.0.2.2",
        transform: ESPTransform = transform(CipherChoice(.aesCBC), .hmacSHA256)
    ) -> SecurityAssociation {
        SecurityAssociation(
            id: SecurityAssociationID(destination: address(destination), protocol: .esp, spi: SPI(spi)),
            source: address(source), direction: direction, mode: mode, requestID: 16385, transform: transform,
            replayWindow: direction == .inbound ? 64 : 0)
    }

    /// The payload with the keys in place, as the kernel gets it.
    static func payload(_ request: NetlinkRequest) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: request.encodedSize)
        unsafe bytes.withUnsafeMutableBytes { unsafe request.encode(into: $0, sequence: 1) }
        return Array(bytes.dropFirst(16))
    }

    /// All attributes after a structure of `size` octets, by type.
    static func attributes(_ payload: [UInt8], after size: Int) throws -> [UInt16: [UInt8]] {
        var found: [UInt16: [UInt8]] = [:]
        try payload.span.extracting(droppingFirst: size).forEachNetlinkAttribute {
            type, value throws(WireError) in
            found[type] = value.array
        }
        return found
    }

    static func sameKey(_ left: SecretKey?, _ right: SecretKey?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): SecretKey.constantTimeEqual(left, right)
        default: false
        }
    }
}
