import Algorithms
import Credentials
import Cryptography
import TestSupport
import Testing

struct IKESignatureTests {
    static let message = Array("what IKE_AUTH signs".utf8)
    static let kinds: [KeyKind] =
        [.rsa(bits: 2048), .ed25519, .ed448] + SignatureCurve.allCases.map { .ecdsa($0) }
    static let all = Set(SignatureHash.allCases)

    private func failure(_ body: () throws(SignatureFailure) -> Void) -> SignatureFailure? {
        do throws(SignatureFailure) {
            try body()
            return nil
        } catch {
            #expect(!error.description.isEmpty)
            return error
        }
    }

    private func verify(
        _ signature: IKEv2Signature, _ key: PublicKey, octets: [UInt8] = message,
        policy: SignaturePolicy = SignaturePolicy()
    ) -> SignatureFailure? {
        failure { () throws(SignatureFailure) in try signature.verify(over: octets, key: key, policy: policy)
        }
    }

    @Test(arguments: kinds)
    func digitalSignatures(kind: KeyKind) throws {
        let key = try PrivateKey.generate(kind)
        for padding in [IKEv2Signature.RSAPadding.pss, .pkcs1] {
            let signature = try IKEv2Signature(
                signing: Self.message, with: key, announced: Self.all, padding: padding)
            #expect(signature.method == .digitalSignature)
            #expect(verify(signature, key.publicKey) == nil)
            #expect(verify(signature, key.publicKey, octets: Self.message + [0]) == .mismatch)
            let other = try PrivateKey.generate(kind).publicKey
            #expect(verify(signature, other) == .mismatch)
            for index in signature.data.indices {
                var damaged = signature.data
                damaged[index] ^= 0x01
                let changed = IKEv2Signature(method: .digitalSignature, data: damaged)
                // NULL and nothing mean the same for RSA; one bit does not make one of the other.
                #expect(verify(changed, key.publicKey) != nil, "octet \(index)")
            }
            for count in [0, 1, 2, Int(signature.data[0]), 1 + Int(signature.data[0])] {
                let cut = IKEv2Signature(
                    method: .digitalSignature, data: Array(signature.data.prefix(count)))
                #expect(verify(cut, key.publicKey) != nil, "\(count) octets")
            }
            let longer = IKEv2Signature(method: .digitalSignature, data: signature.data + [0])
            #expect(verify(longer, key.publicKey) == .mismatch)
        }
    }

    /// What RFC 8420 and RFC 7427 want to be announced first.
    @Test func hashesAreNegotiated() throws {
        let edwards = try PrivateKey.generate(.ed25519)
        #expect(throws: SignatureFailure.noCommonScheme(.ed25519)) {
            try IKEv2Signature(signing: Self.message, with: edwards, announced: [.sha256, .sha512])
        }
        #expect(throws: SignatureFailure.noCommonScheme(.ed25519)) {
            try IKEv2Signature(signing: Self.message, with: edwards, announced: nil)
        }
        let ecdsa = try PrivateKey.generate(.ecdsa(.p256))
        let signature = try IKEv2Signature(signing: Self.message, with: ecdsa, announced: [.sha384])
        // ecdsa-with-SHA384
        #expect(Array(signature.data.prefix(13)) == octets(hexadecimal: "0c300a06082a8648ce3d040303"))
        #expect(verify(signature, ecdsa.publicKey) == nil)
        #expect(throws: SignatureFailure.noCommonScheme(.ecdsa(.p256))) {
            try IKEv2Signature(signing: Self.message, with: ecdsa, announced: [.sha1, .identity])
        }
        #expect(SignaturePolicy().announcedHashes == [.identity, .sha512, .sha384, .sha256])
        let onlySHA384 = SignaturePolicy(hashes: [.sha384])
        #expect(onlySHA384.announcedHashes == [.identity, .sha384])
        let sha256 = try IKEv2Signature(signing: Self.message, with: ecdsa, announced: [.sha256])
        #expect(verify(sha256, ecdsa.publicKey, policy: onlySHA384) == .weakHash(.sha256))
    }

    @Test(arguments: [(SignatureCurve.p256, 9 as UInt8), (.p384, 10), (.p521, 11)])
    func classicECDSA(curve: SignatureCurve, number: UInt8) throws {
        let key = try PrivateKey.generate(.ecdsa(curve))
        let signature = try IKEv2Signature(signing: Self.message, with: key, announced: nil)
        #expect(signature.method.rawValue == number)
        #expect(signature.data.count == 2 * curve.size)
        #expect(verify(signature, key.publicKey) == nil)
        #expect(verify(signature, key.publicKey, octets: []) == .mismatch)
        for wrong in [[], Array(signature.data.dropLast()), signature.data + [0]] {
            #expect(verify(IKEv2Signature(method: signature.method, data: wrong), key.publicKey) != .mismatch)
            #expect(verify(IKEv2Signature(method: signature.method, data: wrong), key.publicKey) != nil)
        }
        let zero = IKEv2Signature(method: signature.method, data: Array(repeating: 0, count: 2 * curve.size))
        #expect(verify(zero, key.publicKey) != nil)
        let other = IKEv2Signature(method: .rsa, data: signature.data)
        #expect(verify(other, key.publicKey) == .wrongMethod(.rsa, key.kind))
        let shared = IKEv2Signature(method: .sharedKey, data: signature.data)
        #expect(verify(shared, key.publicKey) == .wrongMethod(.sharedKey, key.kind))
    }

    @Test func classicRSA() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let old = SignaturePolicy(hashes: [.sha1, .sha256, .sha384, .sha512])
        let sha1 = try IKEv2Signature(signing: Self.message, with: key, announced: nil, policy: old)
        #expect(sha1.method == .rsa)
        #expect(verify(sha1, key.publicKey, policy: old) == nil)
        #expect(verify(sha1, key.publicKey) == .weakHash(.sha1))
        let sha256 = try IKEv2Signature(signing: Self.message, with: key, announced: nil)
        #expect(verify(sha256, key.publicKey) == nil)
        #expect(verify(sha256, key.publicKey, octets: []) == .mismatch)
        let raw = try #require(key.signature(over: Self.message, .rsaPKCS1Unhashed))
        #expect(verify(IKEv2Signature(method: .rsa, data: raw), key.publicKey, policy: old) == .mismatch)
    }

    @Test func shortKeysAreRefused() throws {
        let key = try PrivateKey.generate(.rsa(bits: 1024))
        let expected = SignatureFailure.keyTooShort(bits: 1024, minimum: 2048)
        #expect(throws: expected) {
            try IKEv2Signature(signing: Self.message, with: key, announced: Self.all)
        }
        let lax = SignaturePolicy(minimumRSABits: 1024)
        let signature = try IKEv2Signature(signing: Self.message, with: key, announced: Self.all, policy: lax)
        #expect(verify(signature, key.publicKey, policy: lax) == nil)
        #expect(verify(signature, key.publicKey) == expected)
        #expect(throws: expected) { try IKEv1Signature.sign(Self.message, with: key) }
    }

    @Test(arguments: kinds)
    func signaturesOfIKEv1(kind: KeyKind) throws {
        let key = try PrivateKey.generate(kind)
        for size in [16, 20, 32, 64] {
            let hash = [UInt8](repeating: 7, count: size)
            switch kind {
            case .ed25519, .ed448:
                #expect(throws: SignatureFailure.noCommonScheme(kind)) {
                    try IKEv1Signature.sign(hash, with: key)
                }
            case .rsa, .ecdsa:
                let signature = try IKEv1Signature.sign(hash, with: key)
                try IKEv1Signature.verify(signature, over: hash, key: key.publicKey)
                #expect(throws: SignatureFailure.mismatch) {
                    try IKEv1Signature.verify(signature, over: [9] + hash.dropFirst(), key: key.publicKey)
                }
                #expect(throws: SignatureFailure.self) {
                    try IKEv1Signature.verify(signature + [0], over: hash, key: key.publicKey)
                }
            }
        }
    }
}
