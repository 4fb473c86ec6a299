package import ASN1

/// Names of extensions and of what is in them (RFC 5280, RFC 6960, RFC 4945).
package enum ExtensionName {
    package static let subjectKeyIdentifier = ObjectIdentifier(2, 5, 29, 14)
    package static let keyUsage = ObjectIdentifier(2, 5, 29, 15)
    package static let subjectAlternativeName = ObjectIdentifier(2, 5, 29, 17)
    package static let basicConstraints = ObjectIdentifier(2, 5, 29, 19)
    package static let crlNumber = ObjectIdentifier(2, 5, 29, 20)
    package static let reasonCode = ObjectIdentifier(2, 5, 29, 21)
    package static let deltaCRLIndicator = ObjectIdentifier(2, 5, 29, 27)
    package static let issuingDistributionPoint = ObjectIdentifier(2, 5, 29, 28)
    package static let certificateIssuer = ObjectIdentifier(2, 5, 29, 29)
    package static let nameConstraints = ObjectIdentifier(2, 5, 29, 30)
    package static let crlDistributionPoints = ObjectIdentifier(2, 5, 29, 31)
    package static let certificatePolicies = ObjectIdentifier(2, 5, 29, 32)
    package static let policyMappings = ObjectIdentifier(2, 5, 29, 33)
    package static let authorityKeyIdentifier = ObjectIdentifier(2, 5, 29, 35)
    package static let policyConstraints = ObjectIdentifier(2, 5, 29, 36)
    package static let extendedKeyUsage = ObjectIdentifier(2, 5, 29, 37)
    package static let inhibitAnyPolicy = ObjectIdentifier(2, 5, 29, 54)
    package static let authorityInformationAccess = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 1, 1)
    package static let ocspNoCheck = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1, 5)
    package static let ocspNonce = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1, 2)
    /// The access method of an OCSP responder.
    package static let ocspAccess = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1)
}

/// Purposes of an extended key usage.
package enum KeyPurpose {
    package static let any = ObjectIdentifier(2, 5, 29, 37, 0)
    package static let serverAuthentication = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 1)
    package static let clientAuthentication = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 2)
    package static let ipsecEndSystem = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 5)
    package static let ipsecTunnel = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 6)
    package static let ipsecUser = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 7)
    package static let ocspSigning = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 9)
    package static let ipsecIKE = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 17)
    /// iKEIntermediate of an old draft, which some gateways ask for.
    package static let ikeIntermediate = ObjectIdentifier(1, 3, 6, 1, 5, 5, 8, 2, 2)

    /// What certificates for TLS have, and what often stands beside it.
    static let tls = [serverAuthentication, clientAuthentication, ikeIntermediate]
}
