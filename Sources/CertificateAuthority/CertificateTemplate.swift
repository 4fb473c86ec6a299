package import ASN1
package import Calendar
package import Credentials
package import Cryptography

/// What a certificate is to say.
package struct CertificateTemplate: Sendable {
    /// From when until when; the last second counts.
    package struct Validity: Hashable, Sendable {
        package var from: Timestamp
        package var until: Timestamp

        package init(from: Timestamp, until: Timestamp) {
            self.from = from
            self.until = until
        }

        /// A number of days from `start` on.
        package init(from start: Timestamp, days: Int64) {
            self.init(from: start, until: Timestamp(seconds: start.seconds + days * 86400 - 1))
        }
    }

    /// An extension in DER, for what the other fields cannot say.
    package struct Extension: Hashable, Sendable {
        package var name: ObjectIdentifier
        package var isCritical: Bool
        package var value: [UInt8]

        package init(_ name: ObjectIdentifier, isCritical: Bool = false, _ value: [UInt8]) {
            self.name = name
            self.isCritical = isCritical
            self.value = value
        }
    }

    package var subject: DistinguishedName
    package var key: PublicKey
    package var validity: Validity
    package var alternativeNames: [GeneralName] = []
    /// nil leaves the extension out; so do the next ones.
    package var keyUsage: KeyUsage?
    package var purposes: [ObjectIdentifier]?
    package var basicConstraints: CertificateExtensions.BasicConstraints?
    package var crlLocations: [String] = []
    package var ocspLocations: [String] = []
    package var others: [Extension] = []

    package init(subject: DistinguishedName, key: PublicKey, validity: Validity) {
        self.subject = subject
        self.key = key
        self.validity = validity
    }

    /// A certificate that signs others, and CRLs.
    ///
    /// - Parameter pathLength: authorities that may follow below it; nil for any number.
    package static func authority(
        _ subject: DistinguishedName, _ key: PublicKey, _ validity: Validity, pathLength: Int? = nil
    ) -> CertificateTemplate {
        var template = CertificateTemplate(subject: subject, key: key, validity: validity)
        template.keyUsage = [.keyCertSign, .crlSign]
        template.basicConstraints = CertificateExtensions.BasicConstraints(
            isAuthority: true, pathLength: pathLength)
        return template
    }

    /// A certificate of a host or a user that speaks IKE, known by `names`.
    ///
    /// The purposes please peers that ask for those of TLS.
    package static func peer(
        _ subject: DistinguishedName, _ key: PublicKey, _ validity: Validity, names: [GeneralName]
    ) -> CertificateTemplate {
        var template = CertificateTemplate(subject: subject, key: key, validity: validity)
        template.alternativeNames = names
        template.keyUsage = .digitalSignature
        template.purposes = [
            KeyPurpose.ipsecIKE, KeyPurpose.serverAuthentication, KeyPurpose.clientAuthentication,
        ]
        return template
    }
}

extension CertificateTemplate {
    /// The SEQUENCE OF Extension.
    func extensions(issuerKeyIdentifier: [UInt8]) -> [UInt8] {
        var list: [Extension] = []
        if let basicConstraints {
            let isAuthority = basicConstraints.isAuthority ? DER.boolean(true) : []
            let length = basicConstraints.pathLength.map { DER.integer($0) } ?? []
            list.append(
                Extension(ExtensionName.basicConstraints, isCritical: true, DER.sequence(isAuthority, length))
            )
        }
        if let keyUsage {
            list.append(
                Extension(ExtensionName.keyUsage, isCritical: true, DER.bitString(named: keyUsage.bits)))
        }
        if let purposes {
            let value = DER.element(.sequence, purposes.flatMap { DER.objectIdentifier($0) })
            list.append(Extension(ExtensionName.extendedKeyUsage, value))
        }
        if !alternativeNames.isEmpty {
            // RFC 5280 section 4.2.1.6: critical where nothing else names the subject.
            list.append(
                Extension(
                    ExtensionName.subjectAlternativeName, isCritical: subject.isEmpty,
                    DER.element(.sequence, alternativeNames.flatMap(\.encoding))))
        }
        list.append(
            Extension(ExtensionName.subjectKeyIdentifier, DER.octetString(key.keyIdentifier)))
        list.append(
            Extension(
                ExtensionName.authorityKeyIdentifier,
                DER.sequence(DER.element(.context(0), issuerKeyIdentifier))))
        list += locations + others
        return DER.element(.sequence, list.flatMap(\.encoding))
    }

    private var locations: [Extension] {
        var list: [Extension] = []
        if !crlLocations.isEmpty {
            let points = crlLocations.map { location in
                DER.sequence(DER.explicit(0, DER.explicit(0, GeneralName.uri(location).encoding)))
            }
            list.append(
                Extension(ExtensionName.crlDistributionPoints, DER.element(.sequence, Array(points.joined())))
            )
        }
        if !ocspLocations.isEmpty {
            let descriptions = ocspLocations.map { location in
                DER.sequence(
                    DER.objectIdentifier(ExtensionName.ocspAccess), GeneralName.uri(location).encoding)
            }
            list.append(
                Extension(
                    ExtensionName.authorityInformationAccess,
                    DER.element(.sequence, Array(descriptions.joined()))))
        }
        return list
    }
}

extension CertificateTemplate.Extension {
    var encoding: [UInt8] {
        DER.sequence(
            DER.objectIdentifier(name), isCritical ? DER.boolean(true) : [], DER.octetString(value))
    }
}
