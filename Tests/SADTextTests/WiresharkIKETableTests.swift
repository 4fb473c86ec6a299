import Algorithms
import KeyMaterial
import Testing

@testable import SADText

/// Rows as Wireshark 4.0 writes them itself.
struct WiresharkIKETableTests {
    private func text(_ row: SecretText?) -> String? {
        row?.octets.withSpan { span in String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
    }

    private func keys(_ first: UInt8, integrity: UInt8? = nil) -> WiresharkIKETable.DirectionKeys {
        .init(
            encryption: SecretKey(copying: [first, first]),
            integrity: integrity.map { SecretKey(copying: [$0]) })
    }

    @Test func ikev1() {
        let row = WiresharkIKETable.ikev1Row(initiatorCookie: 0x1, key: SecretKey(copying: [0xab, 0xcd]))
        #expect(text(row) == "0000000000000001,abcd\n")
    }

    @Test func ikev2() {
        let row = WiresharkIKETable.ikev2Row(
            spis: (0x0123_4567_89ab_cdef, 2), CipherChoice(.aesCBC, keyBits: 256), .hmacSHA256,
            keys: (keys(1, integrity: 3), keys(2, integrity: 4)))
        #expect(
            text(row)
                == "0123456789abcdef,0000000000000002,0101,0202,\"AES-CBC-256 [RFC3602]\",03,04,"
                + "\"HMAC_SHA2_256_128 [RFC4868]\"\n")
    }

    @Test func aCipherThatAuthenticatesHasNoOtherKeys() {
        let row = WiresharkIKETable.ikev2Row(
            spis: (1, 2), CipherChoice(.aesGCM16, keyBits: 128), nil, keys: (keys(1), keys(2)))
        #expect(
            text(row)
                == "0000000000000001,0000000000000002,0101,0202,"
                + "\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\"\n")
    }

    @Test func whatWiresharkDoesNotKnowHasNoRow() {
        #expect(WiresharkIKETable.cipherName(CipherChoice(.chaCha20Poly1305)) == nil)
        #expect(WiresharkIKETable.cipherName(CipherChoice(.camelliaCBC)) == nil)
        #expect(WiresharkIKETable.integrityName(.aesXCBC) == "ANY 96-bits of Authentication [No Checking]")
    }
}
