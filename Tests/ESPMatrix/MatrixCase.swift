import Algorithms
import Cryptography
import ESP
import IPsec
import KeyMaterial
import TestSupport

/// One SA of the matrix: an algorithm, a mode, the two address families and a width of sequence numbers.
///
/// All that belongs to it follows from its number: its addresses, SPIs, keys and packets.
struct MatrixCase: Sendable {
    var number: Int
    var `protocol`: SecurityProtocol
    var encryption: CipherChoice
    var integrity: IntegrityAlgorithm?
    var mode: EncapsulationMode
    var outer: AddressFamily
    var inner: AddressFamily
    var isUDP = false
    var isESN = false
    /// Whether ESP in transport mode is around IPComp in the case's mode.
    var isOverIPComp = false

    /// `12 esp aes-cbc-128 hmac-sha1 tunnel 6in4 udp esn`.
    var name: String {
        let families = [AddressFamily.ipv4: "4", .ipv6: "6"]
        let nesting = "\(families[inner] ?? "")in\(families[outer] ?? "")"
        let words =
            ["\(`protocol`)"] + (isOverIPComp ? ["over ipcomp"] : [])
            + (`protocol` == .esp ? ["\(encryption)"] : []) + (integrity.map { [$0.name] } ?? [])
            + [mode.rawValue, mode == .transport ? "IPv\(families[outer] ?? "")" : nesting]
            + (isUDP ? ["udp"] : []) + (isESN ? ["esn"] : [])
        return words.joined(separator: " ")
    }

    /// Who an SA is for.
    enum Sealer: Int {
        case kernel
        case engine
    }

    func spi(_ sealer: Sealer) -> SPI { SPI(UInt32(0x1000 + number + sealer.rawValue * 0x4000)) }

    /// The 16 bits of the IPComp association inside ESP.
    func innerSPI(_ sealer: Sealer) -> SPI { SPI(spi(sealer).value + 0x2000) }

    /// Whether there is IPComp in it.
    var isCompressed: Bool { isOverIPComp || `protocol` == .ipcomp }

    /// The ends of the SA (0 and 1), and of what is inside it (2 and 3).
    func address(_ place: Int, _ family: AddressFamily) -> IPAddress {
        switch family {
        case .ipv4:
            IPAddress(family: .ipv4, value: UInt128(10 << 24 | (place + 1) << 16 | 1 << 8) + UInt128(number))
        case .ipv6:
            IPAddress(
                family: .ipv6, value: UInt128(0xfd00_0000 + place + 1) << 96 + UInt128(0x100 + number))
        }
    }

    var source: IPAddress { address(0, outer) }
    var destination: IPAddress { address(1, outer) }
    var innerSource: IPAddress { mode == .transport ? source : address(2, inner) }
    var innerDestination: IPAddress { mode == .transport ? destination : address(3, inner) }

    /// Where sequence numbers of ESN begin: close to where the high half changes, and beyond.
    var firstSequence: UInt64 { isESN ? 0x0000_0005_ffff_fffe : 0 }

    func keys() -> (encryption: [UInt8], integrity: [UInt8]) {
        var random = FixedRandom(seed: UInt64(number) + 1000)
        var key = random.bytes(count: encryption.keyMaterialSize)
        if encryption.algorithm == .tripleDES || encryption.algorithm == .desCBC {
            // Kernels refuse keys that are weak or lack parity only in some modes: give them parity.
            key = key.map { $0 & 0xfe | UInt8(($0 & 0xfe).nonzeroBitCount & 1 ^ 1) }
        }
        return (key, random.bytes(count: integrity?.keySize ?? 0))
    }

    /// Its associations, the innermost first.
    func associations(_ sealer: Sealer, _ direction: Direction) -> [SecurityAssociation] {
        let outermost = association(sealer, direction)
        guard isOverIPComp else { return [outermost] }
        var compressing = outermost
        compressing.id = SecurityAssociationID(
            destination: destination, protocol: .ipcomp, spi: innerSPI(sealer))
        compressing.mode = mode
        compressing.compression = .deflate
        return [compressing, outermost]
    }

    /// The association that is the outermost.
    func association(_ sealer: Sealer, _ direction: Direction) -> SecurityAssociation {
        let keys = keys()
        var association = SecurityAssociation(
            id: SecurityAssociationID(destination: destination, protocol: `protocol`, spi: spi(sealer)),
            source: source, direction: direction, mode: isOverIPComp ? .transport : mode,
            requestID: UInt32(number + 1),
            // What ESP carries of a compressed tunnel has the tunnel's own addresses.
            selector: isOverIPComp
                ? nil
                : Selector(
                    source: IPPrefix(host: innerSource), destination: IPPrefix(host: innerDestination)),
            transform: ESPTransform(
                encryption: encryption, encryptionKey: SecretKey(copying: keys.encryption),
                integrity: integrity,
                integrityKey: integrity == nil ? nil : SecretKey(copying: keys.integrity)),
            encapsulation: isUDP ? UDPEncapsulation(sourcePort: 4500, destinationPort: 4500) : nil,
            replayWindow: 64, usesExtendedSequenceNumbers: isESN)
        if `protocol` == .ipcomp { association.compression = .deflate }
        association.replay.outboundSequence = firstSequence
        association.replay.inboundSequence = isESN ? firstSequence : 0
        return association
    }

    /// What is to be protected: as many UDP packets as each has payloads, of sizes that differ from case to case.
    func packets(_ sealer: Sealer) -> [[UInt8]] {
        let sizes = [number % 19, 64 + number % 37, 1000 + 7 * number % 353]
        return sizes.enumerated().map { index, size in
            MatrixPacket.udp(
                from: innerSource, to: innerDestination, identification: UInt16(number * 8 + index + 1),
                payload: isCompressed
                    ? MatrixPacket.compressible(number, sealer.rawValue * 8 + index, size + 200)
                    : MatrixPacket.payload(number, sealer.rawValue * 8 + index, size))
        }
    }
}
