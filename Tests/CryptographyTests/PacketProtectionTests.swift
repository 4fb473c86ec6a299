import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// An example of RFC 3686 section 6.
struct CounterModeVector: Decodable, Sendable, CustomTestStringConvertible {
    let `case`: Int
    let key: HexOctets
    let iv: HexOctets
    let nonce: HexOctets
    let plaintext: HexOctets
    let ciphertext: HexOctets

    var testDescription: String { "RFC 3686 case \(`case`)" }

    struct File: Decodable {
        let vectors: [CounterModeVector]
    }

    static func all() throws -> [CounterModeVector] {
        try VectorFile.committed("aes_ctr_rfc3686.json", of: "CryptographyTests", as: File.self).vectors
    }
}

struct PacketProtectionTests {
    private static let header: [UInt8] = [0, 0, 0x10, 1, 0, 0, 0, 1]

    private func protection(
        _ choice: CipherChoice, key: [UInt8]? = nil, _ integrity: IntegrityAlgorithm?,
        _ use: PacketProtection.Use = .opening
    ) throws(CipherFailure) -> PacketProtection {
        try PacketProtection(
            choice,
            encryptionKey: SecretKey(copying: key ?? [UInt8](repeating: 7, count: choice.keyMaterialSize)),
            integrity: integrity,
            integrityKey: integrity.map { SecretKey(copying: [UInt8](repeating: 3, count: $0.keySize)) },
            use: use, ivSeed: SecretBytes(copying: [UInt8](repeating: 5, count: 16)))
    }

    @Test(arguments: try CounterModeVector.all())
    func opensRFC3686(_ vector: CounterModeVector) throws {
        let authenticated = Self.header + vector.iv.bytes + vector.ciphertext.bytes
        let tag = MessageAuthentication.compute(
            .sha1, key: SecretKey(copying: [UInt8](repeating: 3, count: 20)), data: authenticated)
        var packet = authenticated + tag.prefix(12)
        let choice = CipherChoice(.aesCTR, keyBits: vector.key.bytes.count * 8)
        var opening = try protection(choice, key: vector.key.bytes + vector.nonce.bytes, .hmacSHA1)
        var span = packet.mutableSpan
        let isGenuine = opening.open(
            &span, PacketLayout(start: 0, bodyCount: vector.ciphertext.bytes.count))
        #expect(isGenuine)
        #expect(Array(packet[16..<packet.count - 12]) == vector.plaintext.bytes)
    }

    /// A file of Wycheproof's, the algorithm by octets of ICV, octets of nonce, and how many examples fit ESP.
    struct AEADFile: Sendable {
        let name: String
        let algorithms: [Int: EncryptionAlgorithm]
        let count: Int
    }

    static let aeads = [
        AEADFile(
            name: "aes_ccm_test.json", algorithms: [16: .aesCCM16, 12: .aesCCM12, 8: .aesCCM8], count: 9),
        AEADFile(
            name: "aes_gcm_test.json", algorithms: [16: .aesGCM16, 12: .aesGCM12, 8: .aesGCM8], count: 5),
        AEADFile(name: "chacha20_poly1305_test.json", algorithms: [16: .chaCha20Poly1305], count: 40),
    ]

    /// Those with the sizes that ESP has, and as many octets of additional data as an ESP header has.
    @Test(.enabled(if: VectorFile.isPresent("wycheproof")), arguments: aeads)
    func agreesWithWycheproof(_ file: AEADFile) throws {
        var count = 0
        for test in try WycheproofFile.read(file.name).testGroups.flatMap(\.tests) {
            guard let key = test.key?.bytes, let iv = test.iv?.bytes, let ciphertext = test.ct?.bytes,
                let aad = test.aad?.bytes, let tag = test.tag?.bytes, aad.count == 8,
                let algorithm = file.algorithms[tag.count], iv.count == algorithm.saltSize + 8
            else { continue }
            var opening = try protection(
                CipherChoice(algorithm, keyBits: key.count * 8), key: key + iv.prefix(algorithm.saltSize), nil
            )
            var packet = aad + iv.dropFirst(algorithm.saltSize) + ciphertext + tag
            var span = packet.mutableSpan
            let isGenuine = opening.open(&span, PacketLayout(start: 0, bodyCount: ciphertext.count))
            #expect(isGenuine == test.isValid, "test \(test.tcId)")
            if isGenuine { #expect(Array(packet[16..<16 + ciphertext.count]) == test.msg?.bytes) }
            count += 1
        }
        #expect(count >= file.count)
    }

    /// Every cipher that makes its own ICV, and the others with one integrity algorithm.
    static let suites: [(CipherChoice, IntegrityAlgorithm?)] = Catalogue.encryption.filter(\.isInSoftware)
        .flatMap { algorithm in
            algorithm.keyLengths.map { bits in
                (CipherChoice(algorithm, keyBits: bits), algorithm.isAEAD ? nil : .hmacSHA256)
            }
        }

    @Test(arguments: suites)
    func whatIsSealedOpens(_ choice: CipherChoice, _ integrity: IntegrityAlgorithm?) throws {
        var sealing = try protection(choice, integrity, .sealing)
        var opening = try protection(choice, integrity)
        let overhead = 8 + sealing.ivSize + sealing.icvSize
        let step = max(choice.algorithm.blockSize, 1)
        for (counter, blocks) in [0, 1, 3, 40, 1].enumerated() {
            let body = (0..<blocks * step).map { UInt8(truncatingIfNeeded: $0) }
            let layout = PacketLayout(start: 3, bodyCount: body.count)
            let clear = Self.header + [UInt8](repeating: 0, count: sealing.ivSize) + body
            let before: [UInt8] = [1, 2, 3]
            var packet = before + clear + [UInt8](repeating: 0, count: sealing.icvSize + 2)
            var span = packet.mutableSpan
            sealing.seal(&span, layout, counter: UInt64(counter + 1))
            let sealed = packet
            let isHidden = choice.algorithm.construction != .null && choice.algorithm.construction != .gmac
            if blocks > 1 {
                #expect((Array(packet[(11 + sealing.ivSize)...].prefix(body.count)) != body) == isHidden)
            }
            #expect(Array(packet.prefix(3)) == before && packet.suffix(2) == [0, 0])
            span = packet.mutableSpan
            #expect(opening.open(&span, layout))
            #expect(Array(packet[(11 + sealing.ivSize)...].prefix(body.count)) == body)
            for index in 3..<3 + overhead + body.count where index % 7 == 3 {
                packet = sealed
                packet[index] ^= 0x40
                span = packet.mutableSpan
                #expect(!opening.open(&span, layout), "octet \(index)")
            }
        }
    }

    @Test(arguments: Catalogue.integrity.filter { $0.isInSoftware && $0 != .null })
    func everyIntegrityAlgorithmSealsAndOpens(_ integrity: IntegrityAlgorithm) throws {
        var sealing = try protection(CipherChoice(.null), integrity, .sealing)
        var opening = try protection(CipherChoice(.null), integrity)
        for count in [0, 1, 15, 16, 17, 63, 64, 300] {
            var packet = Self.header + [UInt8](repeating: 9, count: count + integrity.icvSize)
            let layout = PacketLayout(start: 0, bodyCount: count)
            var span = packet.mutableSpan
            sealing.seal(&span, layout, counter: 1)
            #expect(opening.open(&span, layout))
            packet[8 + count] ^= 1
            span = packet.mutableSpan
            #expect(!opening.open(&span, layout))
        }
    }

    /// A combination, and what is said of it.
    static let refused: [(CipherChoice, IntegrityAlgorithm?, CipherFailure)] = [
        (CipherChoice(.null), nil, .unsupported("null without integrity")),
        (CipherChoice(.null), .null, .unsupported("null without integrity")),
        (CipherChoice(.aesCTR), nil, .unsupported("aes-ctr-128 without integrity")),
        (CipherChoice(.aesCTR), .null, .unsupported("aes-ctr-128 without integrity")),
        (CipherChoice(.aesGMAC), .hmacSHA1, .unsupported("aes-gmac-128 with hmac-sha1")),
        (CipherChoice(.twofishCBC), .hmacSHA1, .unsupported("twofish-cbc-128")),
        (CipherChoice(.serpentCBC, keyBits: 256), .hmacSHA1, .unsupported("serpent-cbc-256")),
        (CipherChoice(.aesCBC), .keyedMD5, .unsupported("keyed-md5")),
    ]

    @Test(arguments: refused)
    func whatProtectsNothingIsRefusedByName(
        _ choice: CipherChoice, _ integrity: IntegrityAlgorithm?, _ failure: CipherFailure
    ) {
        #expect(throws: failure) { _ = try protection(choice, integrity) }
    }

    @Test func theNullIntegrityAlgorithmLeavesTheCipherAlone() throws {
        var sealing = try protection(CipherChoice(.aesCBC), .null, .sealing)
        #expect(sealing.icvSize == 0)
        var packet = Self.header + [UInt8](repeating: 1, count: 32)
        var span = packet.mutableSpan
        sealing.seal(&span, PacketLayout(start: 0, bodyCount: 16), counter: 1)
        #expect(Array(packet.prefix(8)) == Self.header)
        #expect(packet.dropFirst(24) != ArraySlice(repeating: 1, count: 16))
    }

    /// Counter modes are lost as soon as an IV comes twice.
    @Test(arguments: Catalogue.encryption.filter { $0.isInSoftware && $0.saltSize > 0 })
    func counterModesCountTheirIVs(_ algorithm: EncryptionAlgorithm) throws {
        let integrity: IntegrityAlgorithm? = algorithm.isAEAD ? nil : .hmacSHA1
        var sealing = try protection(CipherChoice(algorithm), integrity, .sealing)
        var packet = Self.header + [UInt8](repeating: 0, count: 40)
        var span = packet.mutableSpan
        sealing.seal(&span, PacketLayout(start: 0, bodyCount: 4), counter: 0x0102_0304_0506_0708)
        #expect(Array(packet[8..<16]) == [1, 2, 3, 4, 5, 6, 7, 8])
    }
}
