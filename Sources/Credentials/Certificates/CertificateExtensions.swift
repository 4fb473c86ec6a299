package import ASN1

/// What the extensions of a certificate say, as far as it matters here.
package struct CertificateExtensions: Hashable, Sendable {
    /// Whether a certificate may sign others.
    package struct BasicConstraints: Hashable, Sendable {
        package var isAuthority: Bool
        /// Intermediates that may follow it.
        package var pathLength: Int?

        package init(isAuthority: Bool, pathLength: Int?) {
            self.isAuthority = isAuthority
            self.pathLength = pathLength
        }
    }

    package internal(set) var alternativeNames: [GeneralName] = []
    package internal(set) var keyUsage: KeyUsage?
    /// Purposes; nil where any is meant.
    package internal(set) var extendedKeyUsage: [ObjectIdentifier]?
    package internal(set) var basicConstraints: BasicConstraints?
    package internal(set) var subjectKeyIdentifier: [UInt8]?
    package internal(set) var authorityKeyIdentifier: [UInt8]?
    /// Where CRLs are, at most 8.
    package internal(set) var crlLocations: [String] = []
    /// Where OCSP responders are, at most 8.
    package internal(set) var ocspLocations: [String] = []
    /// Whether an OCSP responder's certificate need not be checked for revocation.
    package internal(set) var isExemptFromOCSP = false
    /// Critical ones that nothing here understands; a certificate with any is refused.
    package internal(set) var unknownCritical: [ObjectIdentifier] = []

    /// Extensions of a certificate, names of one, and locations of one kind, at most.
    private static let mostExtensions = 64
    private static let mostNames = 256
    private static let mostLocations = 8
    private static let longestLocation = 1024

    /// Understood by libcrypto, which validates paths.
    private static let leftToPathValidation: Set<ObjectIdentifier> = [
        ExtensionName.nameConstraints, ExtensionName.certificatePolicies, ExtensionName.policyMappings,
        ExtensionName.policyConstraints, ExtensionName.inhibitAnyPolicy,
    ]

    init() {}

    /// Reads the elements of a SEQUENCE OF Extension.
    init(_ reader: DERReader) throws(DERError) {
        var seen: Set<ObjectIdentifier> = []
        for item in try CertificateExtension.all(reader, most: Self.mostExtensions) {
            guard seen.insert(item.name).inserted else { throw .notCanonical("an extension twice") }
            try read(item)
        }
    }

    private mutating func read(_ item: CertificateExtension) throws(DERError) {
        var value = DERReader(item.value)
        switch item.name {
        case ExtensionName.subjectAlternativeName: alternativeNames = try Self.takeNames(&value)
        case ExtensionName.keyUsage: keyUsage = try KeyUsage(from: &value)
        case ExtensionName.extendedKeyUsage: extendedKeyUsage = try Self.takePurposes(&value)
        case ExtensionName.basicConstraints: basicConstraints = try Self.takeBasicConstraints(&value)
        case ExtensionName.subjectKeyIdentifier: subjectKeyIdentifier = Array(try value.takeOctetString())
        case ExtensionName.authorityKeyIdentifier:
            authorityKeyIdentifier = try Self.takeAuthority(&value)
        case ExtensionName.crlDistributionPoints: crlLocations = try Self.takePoints(&value)
        case ExtensionName.authorityInformationAccess: ocspLocations = try Self.takeResponders(&value)
        case ExtensionName.ocspNoCheck:
            isExemptFromOCSP = true
            return
        // The set of extensions is open.
        default:
            if item.isCritical, !Self.leftToPathValidation.contains(item.name) {
                unknownCritical.append(item.name)
            }
            return
        }
        try value.requireEnd()
    }

    static func takeNames(_ reader: inout DERReader) throws(DERError) -> [GeneralName] {
        var inside = try reader.takeSequence()
        return try names(&inside)
    }

    private static func names(_ reader: inout DERReader) throws(DERError) -> [GeneralName] {
        var names: [GeneralName] = []
        while !reader.isAtEnd {
            guard names.count < mostNames else { throw .outOfRange("the count of names") }
            names.append(try GeneralName(from: &reader))
        }
        return names
    }

    private static func takePurposes(_ reader: inout DERReader) throws(DERError) -> [ObjectIdentifier] {
        var inside = try reader.takeSequence()
        var purposes: [ObjectIdentifier] = []
        while !inside.isAtEnd {
            guard purposes.count < mostNames else { throw .outOfRange("the count of purposes") }
            purposes.append(try inside.takeObjectIdentifier())
        }
        return purposes
    }

    private static func takeBasicConstraints(_ reader: inout DERReader) throws(DERError) -> BasicConstraints {
        var inside = try reader.takeSequence()
        let isAuthority = inside.nextTag == .boolean ? try inside.takeBoolean() : false
        let length = inside.isAtEnd ? nil : try inside.takeSmallInteger()
        try inside.requireEnd()
        return BasicConstraints(isAuthority: isAuthority, pathLength: length)
    }

    private static func takeAuthority(_ reader: inout DERReader) throws(DERError) -> [UInt8]? {
        var inside = try reader.takeSequence()
        return try inside.takeIfPresent(.context(0)).map { Array($0.content) }
    }

    /// URLs of distribution points that hold the whole list of the certificate's own issuer.
    private static func takePoints(_ reader: inout DERReader) throws(DERError) -> [String] {
        var inside = try reader.takeSequence()
        var locations: [String] = []
        while !inside.isAtEnd {
            var point = try inside.takeSequence()
            guard var name = try point.takeIfPresent(.constructed(0))?.reader, point.isAtEnd,
                var full = try name.takeIfPresent(.constructed(0))?.reader
            else { continue }
            locations += Self.locations(try names(&full))
        }
        return Array(locations.prefix(mostLocations))
    }

    private static func takeResponders(_ reader: inout DERReader) throws(DERError) -> [String] {
        var inside = try reader.takeSequence()
        var locations: [String] = []
        while !inside.isAtEnd {
            var description = try inside.takeSequence()
            let method = try description.takeObjectIdentifier()
            let location = try GeneralName(from: &description)
            try description.requireEnd()
            if method == ExtensionName.ocspAccess { locations += Self.locations([location]) }
        }
        return Array(locations.prefix(mostLocations))
    }

    /// What can be fetched: plain HTTP, as what is fetched is signed itself.
    private static func locations(_ names: [GeneralName]) -> [String] {
        names.compactMap { name in
            guard case .uri(let text) = name, text.count <= longestLocation,
                text.lowercased().hasPrefix("http://")
            else { return nil }
            return text
        }
    }
}

/// One extension of a certificate, a CRL or an OCSP message.
struct CertificateExtension {
    let name: ObjectIdentifier
    let isCritical: Bool
    let value: ArraySlice<UInt8>

    /// Reads the elements of a SEQUENCE OF Extension.
    static func all(_ reader: DERReader, most: Int) throws(DERError) -> [CertificateExtension] {
        var reader = reader
        var items: [CertificateExtension] = []
        while !reader.isAtEnd {
            guard items.count < most else { throw .outOfRange("the count of extensions") }
            var inside = try reader.takeSequence()
            let name = try inside.takeObjectIdentifier()
            let isCritical = inside.nextTag == .boolean ? try inside.takeBoolean() : false
            items.append(
                CertificateExtension(
                    name: name, isCritical: isCritical, value: try inside.takeOctetString()))
            try inside.requireEnd()
        }
        return items
    }
}
