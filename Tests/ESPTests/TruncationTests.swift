import Algorithms
import ESP
import IPsec
import KeyMaterial
import TestSupport
import Testing

/// ICVs of another length than usual: an SA from a database says how many bits.
struct TruncationTests {
    /// Kernel's name, bits, octets of key (0, 1, 2 and so on), and the ICV that Python's hmac makes.
    static let cases: [(String, Int, Int, String)] = [
        ("hmac(md5)", 128, 16, "2c591064f1adec2241f2c3cdea0422cb"),
        ("hmac(sha1)", 160, 20, "9c563806f907f72722c6f69e28003e86170911c4"),
        ("hmac(sha256)", 96, 32, "a30e0cce9da1ecd39af6b4a3"),
        ("hmac(sha256)", 256, 32, "a30e0cce9da1ecd39af6b4a300556370dd6786562fd8364684aa8dddf5849582"),
        ("hmac(sha384)", 256, 48, "4d24eb2e8a5e2621ce978c94eb8cd1f6f2c87b335605059d5c23ebc8b9f92256"),
    ]

    private func entry(_ name: String, _ bits: Int, key: Int) -> SADEntry {
        let octets = (0..<key).map { UInt8($0) }
        return SADEntry(
            id: SecurityAssociationID(
                destination: SampleSA.address(.ipv4, 2), protocol: .esp, spi: SPI(0x0102_0304)),
            source: SampleSA.address(.ipv4, 1), mode: .transport,
            transform: .esp(
                KeyedCipher(.null, key: SecretKey(copying: [])),
                KeyedIntegrity(.foreign(name), key: SecretKey(copying: octets), icvBits: bits)))
    }

    @Test(arguments: cases)
    func theICVHasItsLength(_ example: (name: String, bits: Int, key: Int, icv: String)) throws {
        let entry = entry(example.name, example.bits, key: example.key)
        var random = FixedRandom(seed: 4)
        var outbound = try OutboundSA(SecurityAssociation(entry, direction: .outbound), random: &random)
        var inbound = try InboundSA(SecurityAssociation(entry, direction: .inbound))
        let packet =
            SamplePacket.header(.ipv4, 12, proto: 17) + [4, 0xd2, 0, 53, 0, 12, 0, 0] + Array("text".utf8)
        let bytes = try outbound.sealing(packet).bytes
        #expect(bytes.count == 20 + 8 + 16 + example.bits / 8)
        #expect(Array(bytes[44...]).hexadecimal == example.icv)
        #expect(try inbound.opening(bytes).bytes == packet)
        let again = SADEntry(inbound.association)
        guard case .esp(_, let integrity?) = again.transform else {
            Issue.record("no integrity")
            return
        }
        #expect(integrity.icvBits == example.bits)
    }

    @Test func whatIsNeverSentIsRefused() {
        for (name, bits) in [("hmac(sha1)", 80), ("hmac(sha1)", 168), ("hmac(md5)", 100), ("hmac(x)", 96)] {
            #expect(throws: DatabaseFailure.self) {
                _ = try SecurityAssociation(entry(name, bits, key: 20), direction: .inbound).mode
            }
        }
    }
}
