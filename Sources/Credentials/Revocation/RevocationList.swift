internal import ASN1
package import Calendar
internal import Cryptography

/// A certificate revocation list (RFC 5280 section 5), read and not yet believed.
package struct RevocationList: Sendable {
    /// When a certificate was revoked, and why.
    package struct Entry: Hashable, Sendable {
        package let since: Timestamp
        package let reason: RevocationReason
    }

    package let issuer: DistinguishedName
    package let freshness: Freshness
    /// What counts the editions; empty where none is given.
    package let number: [UInt8]
    /// Octets of its encoding.
    package let size: Int
    private let structure: SignedStructure
    private let entries: [[UInt8]: Entry]
    private let scope: RevocationListScope

    /// Octets of a list, and certificates on it, at most.
    package static let mostOctets = 8 << 20
    private static let mostEntries = 250_000
    private static let mostExtensions = 32

    package init(der: [UInt8]) throws(RevocationFailure) {
        guard der.count <= Self.mostOctets else { throw .tooLarge(Self.mostOctets) }
        do throws(DERError) {
            structure = try SignedStructure(der: der)
            var outer = DERReader(structure.signed)
            var inside = try outer.takeSequence()
            if inside.nextTag == .integer, try inside.takeSmallInteger() != 1 {
                throw DERError.outOfRange("the version of a CRL")
            }
            guard try AlgorithmIdentifier(from: &inside) == structure.algorithm else {
                throw DERError.notCanonical("two different names of the signature algorithm")
            }
            issuer = try DistinguishedName(from: &inside)
            let from = try inside.takeTime()
            let isDated = inside.nextTag == .utcTime || inside.nextTag == .generalizedTime
            freshness = .list(from: from, until: isDated ? try inside.takeTime() : nil)
            (entries, scope, number) = try Self.takeRest(&inside)
        } catch { throw .malformed(error) }
        size = der.count
    }

    private static func takeRest(
        _ inside: inout DERReader
    ) throws(DERError) -> (entries: [[UInt8]: Entry], scope: RevocationListScope, number: [UInt8]) {
        var scope = RevocationListScope()
        var number: [UInt8] = []
        let entries = try inside.takeIfPresent(.sequence).map { element throws(DERError) in
            try takeEntries(element.reader, &scope)
        }
        if var tagged = try inside.takeIfPresent(.constructed(0))?.reader {
            let items = try CertificateExtension.all(try tagged.takeSequence(), most: mostExtensions)
            try tagged.requireEnd()
            for item in items {
                if item.name == ExtensionName.crlNumber {
                    var value = DERReader(item.value)
                    number = try value.takeUnsigned()
                } else {
                    try scope.read(item)
                }
            }
        }
        try inside.requireEnd()
        return (entries ?? [:], scope, number)
    }

    private static func takeEntries(
        _ reader: DERReader, _ scope: inout RevocationListScope
    ) throws(DERError) -> [[UInt8]: Entry] {
        var reader = reader
        var entries: [[UInt8]: Entry] = [:]
        while !reader.isAtEnd {
            guard entries.count < mostEntries else { throw .outOfRange("the count of revoked certificates") }
            var inside = try reader.takeSequence()
            let serial = Array(try inside.takeInteger())
            let since = try inside.takeTime()
            var reason = RevocationReason.unspecified
            if let extensions = try inside.takeIfPresent(.sequence)?.reader {
                for item in try CertificateExtension.all(extensions, most: mostExtensions) {
                    if item.name == ExtensionName.reasonCode {
                        var value = DERReader(item.value)
                        reason =
                            RevocationReason(rawValue: try value.takeSmallInteger(.enumerated))
                            ?? .unspecified
                    } else if item.isCritical {
                        scope.refuse("a critical extension of an entry (\(item.name))")
                    }
                }
            }
            try inside.requireEnd()
            entries[serial] = Entry(since: since, reason: reason)
        }
        return entries
    }
}

extension RevocationList {
    /// Certificates on it.
    package var count: Int { entries.count }

    /// Whether `issuer` published it and it counts now.
    ///
    /// - Throws: why not.
    package func verify(
        issuer certificate: Certificate, at moment: Timestamp, policy: SignaturePolicy
    ) throws(RevocationFailure) {
        guard certificate.subject == issuer, case .success(let key) = certificate.publicKey,
            certificate.extensions.keyUsage?.contains(.crlSign) ?? true
        else { throw .wrongSigner }
        if let what = scope.unsupported { throw .unsupported(what) }
        try freshness.check(at: moment)
        do throws(SignatureFailure) {
            try structure.verify(key, policy)
        } catch { throw .signature(error) }
    }

    /// Whether it would tell of this certificate, were it revoked.
    package func covers(_ certificate: Certificate) -> Bool {
        certificate.issuer == issuer && scope.covers(certificate)
    }

    /// nil where the certificate is not on the list.
    package func entry(for certificate: Certificate) -> Entry? {
        guard let entry = entries[certificate.serialNumber], entry.reason != .removeFromCRL else {
            return nil
        }
        return entry
    }
}

/// Of which certificates a list tells (RFC 5280 section 5.2.5).
private struct RevocationListScope: Hashable, Sendable {
    private(set) var unsupported: String?
    private var locations: [String]?
    private var isForUsers = true
    private var isForAuthorities = true

    init() {}

    mutating func refuse(_ what: String) {
        unsupported = unsupported ?? what
    }

    mutating func read(_ item: CertificateExtension) throws(DERError) {
        switch item.name {
        case ExtensionName.issuingDistributionPoint: try readPoint(item.value)
        case ExtensionName.deltaCRLIndicator: refuse("a delta CRL")
        // The set of extensions is open.
        default: if item.isCritical { refuse("a critical extension of a CRL (\(item.name))") }
        }
    }

    private mutating func readPoint(_ value: ArraySlice<UInt8>) throws(DERError) {
        var outer = DERReader(value)
        var inside = try outer.takeSequence()
        try outer.requireEnd()
        if var name = try inside.takeIfPresent(.constructed(0))?.reader {
            locations = try Self.takeLocations(&name)
        }
        if inside.nextTag == .context(1) { isForAuthorities = try !inside.takeBoolean(.context(1)) }
        if inside.nextTag == .context(2) { isForUsers = try !inside.takeBoolean(.context(2)) }
        if try inside.takeIfPresent(.context(3)) != nil { refuse("a CRL of some reasons alone") }
        if inside.nextTag == .context(4), try inside.takeBoolean(.context(4)) { refuse("an indirect CRL") }
        if inside.nextTag == .context(5), try inside.takeBoolean(.context(5)) {
            refuse("a CRL of attribute certificates")
        }
        try inside.requireEnd()
    }

    private static func takeLocations(_ reader: inout DERReader) throws(DERError) -> [String] {
        guard let full = try reader.takeIfPresent(.constructed(0)) else { return [] }
        var names = full.reader
        var locations: [String] = []
        while !names.isAtEnd {
            if case .uri(let text) = try GeneralName(from: &names) { locations.append(text) }
        }
        return locations
    }

    /// A list of one distribution point tells of the certificates that name that point (RFC 4945 section 5.2.2.5).
    func covers(_ certificate: Certificate) -> Bool {
        guard certificate.isAuthority ? isForAuthorities : isForUsers else { return false }
        guard let locations else { return true }
        return certificate.extensions.crlLocations.contains(where: locations.contains)
    }
}

extension RevocationList {
    /// Whether both tell of the same certificates.
    func hasScope(of other: RevocationList) -> Bool { scope == other.scope && issuer == other.issuer }

    /// Whether it is a later edition of the other.
    func isNewer(than other: RevocationList) -> Bool {
        hasScope(of: other) && other.freshness.from < freshness.from
    }
}
