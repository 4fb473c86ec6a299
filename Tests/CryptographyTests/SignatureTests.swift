import ASN1
import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// RSA signatures whose padding is right once and wrong in every way that lax verifiers have accepted.
struct PaddingVectors: Decodable {
    struct Signature: Decodable, Sendable, CustomTestStringConvertible {
        let comment: String
        let valid: Bool
        let signature: HexOctets
        var testDescription: String { comment }
    }

    let publicKey: HexOctets
    let message: HexOctets
    let signatures: [Signature]
    let hash: HexOctets
    let unhashed: [Signature]

    static func read() throws -> PaddingVectors {
        try VectorFile.committed("rsa_padding.json", of: "CryptographyTests", as: PaddingVectors.self)
    }
}

struct PaddingTests {
    @Test func paddingIsExact() throws {
        let vectors = try PaddingVectors.read()
        let key = try PublicKey(subjectPublicKeyInfo: vectors.publicKey.bytes)
        #expect(vectors.signatures.count > 15)
        for vector in vectors.signatures {
            let found = key.verifies(
                vector.signature.bytes, over: vectors.message.bytes, .rsaPKCS1(.sha256))
            #expect(found == vector.valid, "\(vector.comment)")
        }
    }

    @Test func unhashedPaddingIsExact() throws {
        let vectors = try PaddingVectors.read()
        let key = try PublicKey(subjectPublicKeyInfo: vectors.publicKey.bytes)
        for vector in vectors.unhashed {
            let found = key.verifies(vector.signature.bytes, over: vectors.hash.bytes, .rsaPKCS1Unhashed)
            #expect(found == vector.valid, "\(vector.comment)")
        }
    }
}

struct SignatureTests {
    static let kinds: [KeyKind] =
        [.rsa(bits: 2048), .ed25519, .ed448] + SignatureCurve.allCases.map { .ecdsa($0) }
    static let schemes: [SignatureScheme] = [
        .rsaPKCS1(.sha1), .rsaPKCS1(.sha256), .rsaPKCS1(.sha384), .rsaPKCS1(.sha512), .rsaPKCS1Unhashed,
        .rsaPSS(.sha256), .rsaPSS(.sha384), .rsaPSS(.sha512), .rsaPSS(.sha256, saltSize: 0),
        .ecdsa(.sha256), .ecdsa(.sha384), .ecdsa(.sha512), .ecdsaUnhashed, .edwards,
    ]

    @Test(arguments: kinds)
    func whatIsSignedVerifies(kind: KeyKind) throws {
        let key = try PrivateKey.generate(kind)
        #expect(key.kind == kind)
        let message = Array("a message of thirty-two octets..".utf8)
        var used = 0
        for scheme in Self.schemes {
            guard let signature = key.signature(over: message, scheme) else {
                #expect(!scheme.fits(kind), "\(scheme)")
                continue
            }
            used += 1
            #expect(key.publicKey.verifies(signature, over: message, scheme), "\(scheme)")
            var other = message
            other[31] ^= 1
            #expect(!key.publicKey.verifies(signature, over: other, scheme), "\(scheme)")
            #expect(!key.publicKey.verifies(signature + [0], over: message, scheme), "\(scheme)")
            #expect(!key.publicKey.verifies(signature.dropLast(), over: message, scheme), "\(scheme)")
            for another in Self.schemes where another.fits(kind) && another != scheme {
                // ECDSA over 32 octets is what ECDSA over a hash of them is not.
                #expect(!key.publicKey.verifies(signature, over: message, another), "\(scheme), \(another)")
            }
        }
        #expect(used > 0)
    }

    @Test(arguments: kinds)
    func keysSurviveWriting(kind: KeyKind) throws {
        let key = try PrivateKey.generate(kind)
        let again = try PrivateKey(key.pem(), .pem)
        #expect(again.publicKey == key.publicKey)
        #expect(try PublicKey(subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo) == key.publicKey)
    }

    @Test func identifiersAreThoseOfTheRFC() throws {
        // RFC 7427 appendix A.
        let known: [(String, SignatureScheme, KeyKind)] = [
            ("300d06092a864886f70d0101050500", .rsaPKCS1(.sha1), .rsa(bits: 2048)),
            ("300d06092a864886f70d01010b0500", .rsaPKCS1(.sha256), .rsa(bits: 2048)),
            ("300d06092a864886f70d01010c0500", .rsaPKCS1(.sha384), .rsa(bits: 2048)),
            ("300d06092a864886f70d01010d0500", .rsaPKCS1(.sha512), .rsa(bits: 2048)),
            ("300906072a8648ce3d0401", .ecdsa(.sha1), .ecdsa(.p256)),
            ("300a06082a8648ce3d040302", .ecdsa(.sha256), .ecdsa(.p256)),
            ("300a06082a8648ce3d040303", .ecdsa(.sha384), .ecdsa(.p384)),
            ("300a06082a8648ce3d040304", .ecdsa(.sha512), .ecdsa(.p521)),
            ("300d06092a864886f70d01010a3000", .rsaPSS(.sha1), .rsa(bits: 2048)),
            (
                "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d01"
                    + "0108300d06096086480165030402010500a203020120", .rsaPSS(.sha256), .rsa(bits: 2048)
            ),
            ("300506032b6570", .edwards, .ed25519), ("300506032b6571", .edwards, .ed448),
        ]
        for (text, scheme, kind) in known {
            let der = try #require(octets(hexadecimal: text))
            #expect(scheme.identifier(for: kind)?.encoding == der, "\(scheme)")
            var reader = DERReader(der)
            let identifier = try AlgorithmIdentifier(from: &reader)
            #expect(try SignatureScheme(identifier, for: kind) == scheme)
        }
    }

    /// ECDSA with NULL, EdDSA with NULL, RSA with an empty sequence, PSS with nothing, another mask hash, another
    /// trailer, something behind, MGF1 without a hash.
    @Test(arguments: [
        "300c06082a8648ce3d0403020500", "300706032b65700500", "300d06092a864886f70d01010b3000",
        "300b06092a864886f70d01010a",
        "303806092a864886f70d01010a302ba00f300d06096086480165030402010500a11830160609"
            + "2a864886f70d010108300906052b0e03021a0500",
        "301206092a864886f70d01010a3005a303020102", "301206092a864886f70d01010a30050401020500",
        "301c06092a864886f70d01010a300fa10d300b06092a864886f70d010108", "300506032a0304",
    ])
    func refusesIdentifiers(text: String) throws {
        var reader = DERReader(try #require(octets(hexadecimal: text)))
        let identifier = try AlgorithmIdentifier(from: &reader)
        #expect(throws: SignatureIdentifierFailure.self) { try SignatureScheme(identifier) }
    }

    /// Nothing, an unknown algorithm, an even modulus, the exponent 1, a point at infinity, a point off the curve,
    /// Ed25519 of 31 octets, something behind.
    @Test func refusesPublicKeys() throws {
        let modulus = [UInt8](repeating: 0xff, count: 256)
        #expect(throws: KeyFailure.self) {
            try PublicKey(modulus: modulus.dropLast() + [0xfe], exponent: [3])
        }
        #expect(throws: KeyFailure.self) { try PublicKey(modulus: modulus, exponent: [1]) }
        #expect(throws: KeyFailure.self) { try PublicKey(modulus: modulus, exponent: [2]) }
        #expect(throws: KeyFailure.self) { try PublicKey(modulus: modulus, exponent: []) }
        #expect(throws: KeyFailure.self) { try PublicKey(modulus: [], exponent: [3]) }
        #expect(throws: KeyFailure.self) {
            try PublicKey(modulus: modulus, exponent: [UInt8](repeating: 0xff, count: 9))
        }
        #expect(throws: KeyFailure.self) {
            try PublicKey(modulus: [UInt8](repeating: 0xff, count: 2048), exponent: [3])
        }
        let curve = "301306072a8648ce3d020106082a8648ce3d030107"
        for text in [
            "", "3000", "301930" + "13" + String(curve.dropFirst(4)) + "03020000",
            "3059" + curve + "03420004" + String(repeating: "11", count: 64),
            "302930" + "05" + "06032b6570" + "032000" + String(repeating: "01", count: 31),
        ] {
            let der = try #require(octets(hexadecimal: text))
            #expect(throws: KeyFailure.self) { try PublicKey(subjectPublicKeyInfo: der) }
        }
        let good = try PrivateKey.generate(.ed25519).publicKey.subjectPublicKeyInfo
        #expect(throws: KeyFailure.self) { try PublicKey(subjectPublicKeyInfo: good + [0]) }
    }
}
