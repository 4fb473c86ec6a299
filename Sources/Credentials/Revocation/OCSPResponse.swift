internal import ASN1
internal import Algorithms
package import Calendar
internal import Cryptography

/// An answer of an OCSP responder (RFC 6960), read and not yet believed.
package struct OCSPResponse: Sendable {
    package enum Status: Hashable, Sendable {
        case good
        case revoked(since: Timestamp, RevocationReason)
        case unknown
    }

    /// What it says about one certificate.
    struct Single: Sendable {
        let certificateID: OCSPCertificateID
        let status: Status
        let freshness: Freshness
    }

    private enum Responder: Hashable {
        case name(DistinguishedName)
        case keyHash([UInt8])
    }

    package let producedAt: Timestamp
    let singles: [Single]
    private let responder: Responder
    private let nonce: [UInt8]?
    private let structure: SignedStructure
    private let certificates: [Certificate]

    /// Octets of a response, statements in it and certificates with it, at most.
    package static let mostOctets = 65536
    private static let mostStatements = 64
    private static let mostCertificates = 8
    private static let mostExtensions = 16
    private static let basic = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1, 1)

    package init(der: [UInt8]) throws(RevocationFailure) {
        guard der.count <= Self.mostOctets else { throw .tooLarge(Self.mostOctets) }
        let content = try Self.content(der)
        do throws(DERError) {
            var outer = DERReader(content)
            var whole = try outer.takeSequence()
            try outer.requireEnd()
            structure = try SignedStructure(from: &whole)
            certificates = try Self.takeCertificates(&whole)
            try whole.requireEnd()
            var signed = DERReader(structure.signed)
            var inside = try signed.takeSequence()
            if var version = try inside.takeIfPresent(.constructed(0))?.reader,
                try version.takeSmallInteger() != 0
            {
                throw DERError.outOfRange("the version of a response")
            }
            responder = try Self.takeResponder(&inside)
            producedAt = try inside.takeGeneralizedTime()
            singles = try Self.takeStatements(&inside)
            nonce = try Self.takeNonce(&inside)
            try inside.requireEnd()
        } catch { throw .malformed(error) }
    }

    /// The basic response inside.
    private static func content(_ der: [UInt8]) throws(RevocationFailure) -> ArraySlice<UInt8> {
        let status: Int
        let content: ArraySlice<UInt8>
        do throws(DERError) {
            var outer = DERReader(der)
            var whole = try outer.takeSequence()
            try outer.requireEnd()
            status = try whole.takeSmallInteger(.enumerated)
            content = status == 0 ? try takeContent(&whole) : []
            try whole.requireEnd()
        } catch { throw .malformed(error) }
        guard status == 0 else { throw .responderStatus(status) }
        return content
    }

    private static func takeContent(_ whole: inout DERReader) throws(DERError) -> ArraySlice<UInt8> {
        var tagged = try whole.takeSequence(.constructed(0))
        var bytes = try tagged.takeSequence()
        try tagged.requireEnd()
        guard try bytes.takeObjectIdentifier() == basic else {
            throw .outOfRange("the type of a response")
        }
        let content = try bytes.takeOctetString()
        try bytes.requireEnd()
        return content
    }

    private static func takeCertificates(_ whole: inout DERReader) throws(DERError) -> [Certificate] {
        guard var tagged = try whole.takeIfPresent(.constructed(0))?.reader else { return [] }
        var list = try tagged.takeSequence()
        try tagged.requireEnd()
        var certificates: [Certificate] = []
        while !list.isAtEnd {
            guard certificates.count < mostCertificates else {
                throw .outOfRange("the count of certificates")
            }
            certificates.append(try Certificate(der: Array(list.take(.sequence).encoding)))
        }
        return certificates
    }

    private static func takeResponder(_ inside: inout DERReader) throws(DERError) -> Responder {
        if var named = try inside.takeIfPresent(.constructed(1))?.reader {
            let name = try DistinguishedName(from: &named)
            try named.requireEnd()
            return .name(name)
        }
        var keyed = try inside.takeSequence(.constructed(2))
        let hash = try keyed.takeOctetString()
        try keyed.requireEnd()
        return .keyHash(Array(hash))
    }

    private static func takeStatements(_ inside: inout DERReader) throws(DERError) -> [Single] {
        var list = try inside.takeSequence()
        var singles: [Single] = []
        while !list.isAtEnd {
            guard singles.count < mostStatements else { throw .outOfRange("the count of statements") }
            var single = try list.takeSequence()
            let certificateID = try OCSPCertificateID(from: &single)
            let status = try takeStatus(&single)
            let from = try single.takeGeneralizedTime()
            var until: Timestamp?
            if var tagged = try single.takeIfPresent(.constructed(0))?.reader {
                until = try tagged.takeGeneralizedTime()
                try tagged.requireEnd()
            }
            _ = try single.takeIfPresent(.constructed(1))
            try single.requireEnd()
            singles.append(
                Single(
                    certificateID: certificateID, status: status,
                    freshness: .response(from: from, until: until)))
        }
        return singles
    }

    private static func takeStatus(_ single: inout DERReader) throws(DERError) -> Status {
        if try single.takeIfPresent(.context(0)) != nil { return .good }
        if try single.takeIfPresent(.context(2)) != nil { return .unknown }
        var revoked = try single.takeSequence(.constructed(1))
        let since = try revoked.takeGeneralizedTime()
        var reason = RevocationReason.unspecified
        if var tagged = try revoked.takeIfPresent(.constructed(0))?.reader {
            reason = RevocationReason(rawValue: try tagged.takeSmallInteger(.enumerated)) ?? .unspecified
        }
        try revoked.requireEnd()
        return .revoked(since: since, reason)
    }

    private static func takeNonce(_ inside: inout DERReader) throws(DERError) -> [UInt8]? {
        guard var tagged = try inside.takeIfPresent(.constructed(1))?.reader else { return nil }
        let items = try CertificateExtension.all(try tagged.takeSequence(), most: mostExtensions)
        try tagged.requireEnd()
        guard let item = items.first(where: { $0.name == ExtensionName.ocspNonce }) else { return nil }
        var value = DERReader(item.value)
        // Some responders repeat the octets without the OCTET STRING around them.
        return value.nextTag == .octetString ? Array(try value.takeOctetString()) : Array(item.value)
    }
}

extension OCSPResponse {
    /// What it says about the certificate a request asks about, once it is believed.
    ///
    /// - Parameters:
    ///   - issuer: who issued the certificate.
    ///   - request: ours; a nonce in it must come back, unless the responder sends none at all. For a response that
    ///     was not asked for, such as one of RFC 4806, a request without a nonce.
    package func status(
        for request: OCSPRequest, issuer: Certificate, at moment: Timestamp, policy: SignaturePolicy
    ) throws(RevocationFailure) -> (status: Status, freshness: Freshness) {
        let key = try signer(issuer, moment, policy)
        do throws(SignatureFailure) {
            try structure.verify(key, policy)
        } catch { throw .signature(error) }
        if let nonce, !request.nonce.isEmpty, nonce != request.nonce { throw .wrongNonce }
        guard let single = singles.first(where: { $0.certificateID == request.certificateID }) else {
            throw .otherCertificate
        }
        try single.freshness.check(at: moment)
        return (single.status, single.freshness)
    }

    /// The key of the issuer, or of a responder that the issuer itself charged with it (RFC 6960 section 4.2.2.2).
    private func signer(
        _ issuer: Certificate, _ moment: Timestamp, _ policy: SignaturePolicy
    ) throws(RevocationFailure) -> PublicKey {
        if isResponder(issuer), case .success(let key) = issuer.publicKey { return key }
        for certificate in certificates where isResponder(certificate) {
            guard case .success(let key) = certificate.publicKey,
                certificate.issuer == issuer.subject,
                certificate.extensions.extendedKeyUsage?.contains(KeyPurpose.ocspSigning) == true,
                certificate.extensions.unknownCritical.isEmpty,
                certificate.notBefore <= moment, moment <= certificate.notAfter,
                certificate.isSigned(by: issuer, policy)
            else { continue }
            return key
        }
        throw .wrongSigner
    }

    private func isResponder(_ certificate: Certificate) -> Bool {
        switch responder {
        case .name(let name): certificate.subject == name
        case .keyHash(let hash):
            (try? certificate.publicKey.get()).map { Digest.compute(.sha1, $0.octets) == hash } ?? false
        }
    }
}

extension Certificate {
    /// Whether the issuer's key signed it, strongly enough.
    package func isSigned(by issuer: Certificate, _ policy: SignaturePolicy) -> Bool {
        guard case .success(let key) = issuer.publicKey, let structure = try? SignedStructure(der: der),
            (try? structure.verify(key, policy)) != nil
        else { return false }
        return true
    }
}
