import Algorithms
import KeyMaterial
import TestSupport
import Testing

@testable import Cryptography

/// An example of RFC 3566, 4434, 4493 or 4615; the PRFs of the latter take keys of other lengths as well.
struct BlockMACVector: Decodable, Sendable, CustomTestStringConvertible {
    let `case`: String
    let alg: String
    let key: HexOctets
    let msg: HexOctets
    let mac: HexOctets

    var testDescription: String { `case` }

    struct File: Decodable {
        let vectors: [BlockMACVector]
    }

    static func all(_ name: String) throws -> [BlockMACVector] {
        try VectorFile.committed(name, of: "CryptographyTests", as: File.self).vectors.filter {
            $0.key.bytes.count == 16
        }
    }
}

struct BlockAuthenticationTests {
    private func tag(
        _ masking: BlockAuthentication.Masking, _ key: [UInt8], _ pieces: [[UInt8]]
    ) throws -> [UInt8] {
        var authentication = try BlockAuthentication(masking, key: SecretKey(copying: key))
        // What was fed before a restart counts for nothing.
        unsafe [UInt8](repeating: 9, count: 40).withUnsafeBytes { unsafe authentication.update($0) }
        authentication.restart()
        for piece in pieces { unsafe piece.withUnsafeBytes { unsafe authentication.update($0) } }
        var tag = [UInt8](repeating: 0, count: 16)
        unsafe tag.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { unsafe authentication.finish(into: start) }
        }
        return tag
    }

    private func pieces(_ message: [UInt8], of size: Int) -> [[UInt8]] {
        stride(from: 0, to: message.count, by: size).map {
            Array(message[$0..<min($0 + size, message.count)])
        }
    }

    @Test(arguments: try BlockMACVector.all("aes_xcbc_rfc3566_4434.json"), [1, 7, 16, 17, 4096])
    func matchesRFC3566(_ vector: BlockMACVector, _ size: Int) throws {
        let tag = try tag(.xcbc, vector.key.bytes, pieces(vector.msg.bytes, of: size))
        #expect(tag == vector.mac.bytes)
    }

    @Test(arguments: try BlockMACVector.all("aes_cmac_rfc4493_4615.json"), [1, 7, 16, 17, 4096])
    func matchesRFC4493(_ vector: BlockMACVector, _ size: Int) throws {
        let tag = try tag(.cmac, vector.key.bytes, pieces(vector.msg.bytes, of: size))
        #expect(tag == vector.mac.bytes)
    }

    @Test func theFilesHoldWhatTheyShould() throws {
        #expect(try BlockMACVector.all("aes_xcbc_rfc3566_4434.json").count >= 7)
        #expect(try BlockMACVector.all("aes_cmac_rfc4493_4615.json").count >= 4)
    }

    @Test(.enabled(if: VectorFile.isPresent("wycheproof")))
    func cmacAgreesWithWycheproof() throws {
        var count = 0
        for test in try WycheproofFile.read("aes_cmac_test.json").testGroups.flatMap(\.tests) {
            guard let key = test.key?.bytes, key.count == 16, let message = test.msg?.bytes,
                let expected = test.tag?.bytes
            else { continue }
            let found = try tag(.cmac, key, [message])
            #expect((found == expected) == test.isValid, "test \(test.tcId)")
            count += 1
        }
        #expect(count > 100)
    }

    /// GMAC is what a cipher in GCM makes of additional octets alone.
    @Test(.enabled(if: VectorFile.isPresent("wycheproof")))
    func gmacAgreesWithWycheproof() throws {
        var count = 0
        for test in try WycheproofFile.read("aes_gmac_test.json").testGroups.flatMap(\.tests) {
            guard let key = test.key?.bytes, var iv = test.iv?.bytes, var message = test.msg?.bytes,
                let expected = test.tag?.bytes, iv.count == 12, !message.isEmpty
            else { continue }
            let cipher = try CipherContext(
                CipherChoice(.aesGMAC, keyBits: key.count * 8), key: SecretKey(copying: key), use: .sealing)
            var tag = [UInt8](repeating: 0, count: 16)
            let size = message.count
            let isSealed = unsafe message.withUnsafeMutableBufferPointer { message in
                unsafe iv.withUnsafeMutableBufferPointer { iv in
                    unsafe tag.withUnsafeMutableBufferPointer { tag in
                        guard let message = message.baseAddress, let iv = iv.baseAddress,
                            let tag = tag.baseAddress
                        else { return false }
                        let all = unsafe CipherContext.Additional(start: message, count: size)
                        return unsafe cipher.seal(nonce: iv, all, message + size, count: 0, tag: tag)
                    }
                }
            }
            #expect(isSealed && (tag == expected) == test.isValid, "test \(test.tcId)")
            count += 1
        }
        #expect(count > 100)
    }
}
