import Algorithms
import Credentials
import IPsec
import ISAKMP
import KeyMaterial
import TestSupport
import Testing

@testable import IKEv1

/// Expected values computed from the formulas of RFC 2409 with another HMAC than ours.
@Suite("Keys, hashes and initialization vectors of both phases")
struct PhaseKeysTests {
    private static let keys = SKEYID(
        prf: .hmacSHA1, base: SecretKey(copying: Array(0..<20)),
        sharedSecret: SecretKey(copying: Array(100..<164)),
        initiatorCookie: 0x0102_0304_0506_0708, responderCookie: 0x1112_1314_1516_1718)
    private static let nonces = (
        initiator: [UInt8](repeating: 1, count: 16), responder: [UInt8](repeating: 2, count: 16)
    )

    private func isEqual(_ key: SecretKey, _ text: String) throws -> Bool {
        SecretKey.constantTimeEqual(key, SecretKey(copying: try #require(octets(hexadecimal: text))))
    }

    @Test("the encryption key is the front of SKEYID_e, or stretched from it")
    func encryptionKey() throws {
        #expect(
            try isEqual(
                Self.keys.encryptionKey(for: CipherChoice(.aesCBC)), "ae70489a9e3eaac695db95cf0e70b4c3"))
        #expect(
            try isEqual(
                Self.keys.encryptionKey(for: CipherChoice(.aesCBC, keyBits: 256)),
                "8438e6fe8a732a441ffa15862d7d5ca75e3120e626a5e8b3f4bb51a9ccf0c959"))
        #expect(
            try isEqual(
                Self.keys.encryptionKey(for: CipherChoice(.tripleDES)),
                "8438e6fe8a732a441ffa15862d7d5ca75e3120e626a5e8b3"))
    }

    @Test("KEYMAT without and with PFS, cipher key first")
    func keyMaterial() throws {
        func transform(_ secret: SecretKey?) -> ESPTransform {
            QuickModeKeys.espTransform(
                Self.keys, sharedSecret: secret, spi: SPI(0xc0ff_ee01), initiatorNonce: Self.nonces.initiator,
                responderNonce: Self.nonces.responder, encryption: CipherChoice(.aesCBC, keyBits: 256),
                integrity: .hmacSHA1)
        }
        let plain = transform(nil)
        #expect(
            try isEqual(
                plain.encryptionKey, "88867e62fc8ba6d8325fe08c0f46f795913058c585d35e1546f7921ee2b12012"))
        #expect(try isEqual(try #require(plain.integrityKey), "4624fc0577b1f727de7ed311fa18dc56a247912f"))
        let forward = transform(SecretKey(copying: Array("pfs".utf8)))
        #expect(
            try isEqual(
                forward.encryptionKey, "7a725fdb2f71a8b2fa6ad32f3aba4e607b73469b6dec536d6caf3040b819cc0f"))
        #expect(try isEqual(try #require(forward.integrityKey), "6b4282cc5011c56f6903b7b4bd396d9a4b7acb58"))
    }

    @Test("initialization vectors of phase 1 and of a message ID")
    func vectors() {
        let chain = InitializationVectorChain(
            hash: .sha1, blockSize: 16, initiatorPublicValue: Array("init".utf8),
            responderPublicValue: Array("resp".utf8))
        #expect(chain.phase1.hexadecimal == "31a1d4268a232dec64d1855a8c4c6f4e")
        #expect(chain.phase2(messageID: 0xdead_beef).hexadecimal == "e0384ce2a06b14204bf1f53d6c65015c")
    }

    @Test("HASH(1), HASH(2) and HASH(3)")
    func quickModeHashes() {
        let rest = Array("rest".utf8)
        let id: UInt32 = 0xdead_beef
        let (ni, nr) = Self.nonces
        #expect(
            Phase2Hash.first(Self.keys, messageID: id, following: rest).hexadecimal
                == "932f1946de8945d54834da06c8b75a84cfe0652d")
        #expect(
            Phase2Hash.second(Self.keys, messageID: id, initiatorNonce: ni, following: rest).hexadecimal
                == "6c08670e6b4e6226299b59c92f1e950a86f01dfd")
        #expect(
            Phase2Hash.third(Self.keys, messageID: id, initiatorNonce: ni, responderNonce: nr).hexadecimal
                == "01a51545ed602f79d4a21d1298a86703ae1d9ac3")
    }

    @Test("HASH_I and HASH_R")
    func phase1Hashes() {
        let hash = Phase1Hash(
            initiatorPublicValue: Array("init".utf8), responderPublicValue: Array("resp".utf8),
            initiatorCookie: 0x0102_0304_0506_0708, responderCookie: 0x1112_1314_1516_1718,
            securityAssociationBody: Array("sa".utf8))
        let identification = IdentificationPayload(
            .address(IPAddress(family: .ipv4, value: 0x0a00_0001)), protocolNumber: 17, port: 500)
        #expect(
            hash.initiator(Self.keys, identification: identification).hexadecimal
                == "64a059dd6e97499911aa266d53cbc61edf2b537e")
        #expect(
            hash.responder(Self.keys, identification: identification).hexadecimal
                == "40abef37f5c13e6557a10ae3926eec127b16bd56")
    }

    @Test(
        "what is sealed opens under the same IV, and chains to the same next one",
        arguments: MessageSeeds.names)
    func sealing(name: String) throws {
        for choice in [CipherChoice(.aesCBC, keyBits: 256), CipherChoice(.tripleDES)] {
            let cipher = try MessageCipher(choice, keys: Self.keys)
            let message = try Message(decoding: try MessageSeeds.octets(name))
            let iv = [UInt8](repeating: 9, count: cipher.blockSize)
            let sealed = try cipher.seal(message, iv: iv)
            let opened = try cipher.open(sealed.datagram, iv: iv)
            #expect(opened.message.payloads == message.payloads)
            #expect(opened.nextIV == sealed.nextIV)
            #expect(sealed.nextIV == Array(sealed.datagram.suffix(cipher.blockSize)))
            #expect(throws: MessageError.self) { try cipher.open(sealed.datagram.dropLast(8) + [], iv: iv) }
        }
    }
}
