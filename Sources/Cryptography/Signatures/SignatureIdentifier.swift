package import ASN1
internal import Algorithms

/// Why an AlgorithmIdentifier names no way to sign that is known here.
package enum SignatureIdentifierFailure: Error, Hashable, Sendable {
    case unknown(ObjectIdentifier)
    /// The algorithm is known, but not with these parameters; why.
    case parameters(String)
    /// Another kind of key signs so.
    case otherKey(KeyKind)
}

extension SignatureIdentifierFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknown(let identifier): "the signature algorithm \(identifier) is not known here"
        case .parameters(let reason): "the signature algorithm has wrong parameters: \(reason)"
        case .otherKey(let kind): "the signature algorithm does not fit a key of the kind \(kind)"
        }
    }
}

/// Names of ways to sign as certificates, CRLs, OCSP and RFC 7427 write them.
extension SignatureScheme {
    private static let pss = ObjectIdentifier(1, 2, 840, 113549, 1, 1, 10)
    private static let mgf1 = ObjectIdentifier(1, 2, 840, 113549, 1, 1, 8)
    private static let ed25519 = ObjectIdentifier(1, 3, 101, 112)
    private static let ed448 = ObjectIdentifier(1, 3, 101, 113)
    private static let rsa: [(HashFunction, ObjectIdentifier)] = [
        (.md5, ObjectIdentifier(1, 2, 840, 113549, 1, 1, 4)),
        (.sha1, ObjectIdentifier(1, 2, 840, 113549, 1, 1, 5)),
        (.sha256, ObjectIdentifier(1, 2, 840, 113549, 1, 1, 11)),
        (.sha384, ObjectIdentifier(1, 2, 840, 113549, 1, 1, 12)),
        (.sha512, ObjectIdentifier(1, 2, 840, 113549, 1, 1, 13)),
    ]
    private static let ecdsa: [(HashFunction, ObjectIdentifier)] = [
        (.sha1, ObjectIdentifier(1, 2, 840, 10045, 4, 1)),
        (.sha256, ObjectIdentifier(1, 2, 840, 10045, 4, 3, 2)),
        (.sha384, ObjectIdentifier(1, 2, 840, 10045, 4, 3, 3)),
        (.sha512, ObjectIdentifier(1, 2, 840, 10045, 4, 3, 4)),
    ]

    /// The name of this way to sign with a key of that kind; nil where it has none.
    package func identifier(for kind: KeyKind) -> AlgorithmIdentifier? {
        guard fits(kind) else { return nil }
        switch self {
        case .rsaPKCS1(let hash):
            return Self.rsa.first { $0.0 == hash }.map {
                AlgorithmIdentifier($0.1, parameters: AlgorithmIdentifier.null)
            }
        case .rsaPSS(let hash, let saltSize):
            return AlgorithmIdentifier(Self.pss, parameters: Self.pssParameters(hash, saltSize))
        case .ecdsa(let hash): return Self.ecdsa.first { $0.0 == hash }.map { AlgorithmIdentifier($0.1) }
        case .edwards: return AlgorithmIdentifier(kind == .ed448 ? Self.ed448 : Self.ed25519)
        case .rsaPKCS1Unhashed, .ecdsaUnhashed: return nil
        }
    }

    /// The way to sign that `identifier` names, for a key of that kind.
    package init(_ identifier: AlgorithmIdentifier, for kind: KeyKind) throws(SignatureIdentifierFailure) {
        let scheme = try SignatureScheme(identifier)
        guard scheme.fits(kind), scheme != .edwards || scheme.identifier(for: kind) == identifier else {
            throw .otherKey(kind)
        }
        self = scheme
    }

    /// The way to sign that `identifier` names, whatever the key.
    package init(_ identifier: AlgorithmIdentifier) throws(SignatureIdentifierFailure) {
        let name = identifier.algorithm
        if name == Self.pss {
            self = try Self.pss(identifier.parameters)
        } else if let (hash, _) = Self.rsa.first(where: { $0.1 == name }) {
            // RFC 4055 section 5: NULL, or nothing at all.
            guard identifier.isWithoutParameters else { throw .parameters("RSA PKCS#1 v1.5 has NULL alone") }
            self = .rsaPKCS1(hash)
        } else if let (hash, _) = Self.ecdsa.first(where: { $0.1 == name }) {
            guard identifier.parameters == nil else { throw .parameters("ECDSA has none") }
            self = .ecdsa(hash)
        } else if name == Self.ed25519 || name == Self.ed448 {
            guard identifier.parameters == nil else { throw .parameters("EdDSA has none") }
            self = .edwards
        } else {
            throw .unknown(name)
        }
    }
}

/// The parameters of RSASSA-PSS (RFC 4055 section 3.1).
extension SignatureScheme {
    private static func pssParameters(_ hash: HashFunction, _ saltSize: Int) -> [UInt8] {
        let name = AlgorithmIdentifier(hash.objectIdentifier, parameters: AlgorithmIdentifier.null)
        let mask = AlgorithmIdentifier(mgf1, parameters: name.encoding)
        // SHA-1, MGF1 with SHA-1 and a salt of 20 octets are what is meant where nothing is written.
        return DER.sequence(
            hash == .sha1 ? [] : DER.explicit(0, name.encoding),
            hash == .sha1 ? [] : DER.explicit(1, mask.encoding),
            saltSize == 20 ? [] : DER.explicit(2, DER.integer(saltSize)))
    }

    private static func pss(_ parameters: [UInt8]?) throws(SignatureIdentifierFailure) -> SignatureScheme {
        guard let parameters else { throw .parameters("RSASSA-PSS needs its hash and salt length") }
        do {
            return try readPSS(parameters)
        } catch let error as DERError {
            throw .parameters(error.description)
        } catch let failure as SignatureIdentifierFailure {
            throw failure
        } catch {
            preconditionFailure("neither DER nor an identifier failed")
        }
    }

    private static func readPSS(_ parameters: [UInt8]) throws -> SignatureScheme {
        var outer = DERReader(parameters)
        var inside = try outer.takeSequence()
        try outer.requireEnd()
        var hash = HashFunction.sha1
        var maskHash = HashFunction.sha1
        var saltSize = 20
        if var explicit = try inside.takeIfPresent(.constructed(0))?.reader {
            hash = try takeHash(&explicit)
            try explicit.requireEnd()
        }
        if var explicit = try inside.takeIfPresent(.constructed(1))?.reader {
            maskHash = try takeMaskHash(&explicit)
            try explicit.requireEnd()
        }
        if var explicit = try inside.takeIfPresent(.constructed(2))?.reader {
            saltSize = try explicit.takeSmallInteger()
            try explicit.requireEnd()
        }
        // Some write the default out.
        if var explicit = try inside.takeIfPresent(.constructed(3))?.reader {
            guard try explicit.takeSmallInteger() == 1, explicit.isAtEnd else {
                throw SignatureIdentifierFailure.parameters("a trailer field other than 1")
            }
        }
        try inside.requireEnd()
        guard hash == maskHash else {
            throw SignatureIdentifierFailure.parameters(
                "the mask generation has another hash than the message")
        }
        return .rsaPSS(hash, saltSize: saltSize)
    }

    private static func takeHash(_ reader: inout DERReader) throws -> HashFunction {
        let name = try AlgorithmIdentifier(from: &reader)
        guard name.isWithoutParameters,
            let hash = HashFunction.allCases.first(where: { $0.objectIdentifier == name.algorithm })
        else { throw SignatureIdentifierFailure.parameters("the hash \(name.algorithm) is not known") }
        return hash
    }

    private static func takeMaskHash(_ reader: inout DERReader) throws -> HashFunction {
        let name = try AlgorithmIdentifier(from: &reader)
        guard name.algorithm == mgf1, let parameters = name.parameters else {
            throw SignatureIdentifierFailure.parameters("another mask generation than MGF1")
        }
        var inside = DERReader(parameters)
        let hash = try takeHash(&inside)
        try inside.requireEnd()
        return hash
    }
}
