/// What a notification says: an open set, named where an RFC names it.
package struct NotificationType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Whether it reports a failure rather than a state (RFC 2408 section 3.14.1).
    package var isError: Bool { (1..<16384).contains(rawValue) }

    // Errors, RFC 2408 section 3.14.1
    package static let invalidPayloadType = NotificationType(rawValue: 1)
    package static let doiNotSupported = NotificationType(rawValue: 2)
    package static let situationNotSupported = NotificationType(rawValue: 3)
    package static let invalidCookie = NotificationType(rawValue: 4)
    package static let invalidMajorVersion = NotificationType(rawValue: 5)
    package static let invalidMinorVersion = NotificationType(rawValue: 6)
    package static let invalidExchangeType = NotificationType(rawValue: 7)
    package static let invalidFlags = NotificationType(rawValue: 8)
    package static let invalidMessageID = NotificationType(rawValue: 9)
    package static let invalidProtocolID = NotificationType(rawValue: 10)
    package static let invalidSPI = NotificationType(rawValue: 11)
    package static let invalidTransformID = NotificationType(rawValue: 12)
    package static let attributesNotSupported = NotificationType(rawValue: 13)
    package static let noProposalChosen = NotificationType(rawValue: 14)
    package static let badProposalSyntax = NotificationType(rawValue: 15)
    package static let payloadMalformed = NotificationType(rawValue: 16)
    package static let invalidKeyInformation = NotificationType(rawValue: 17)
    package static let invalidIDInformation = NotificationType(rawValue: 18)
    package static let invalidCertificateEncoding = NotificationType(rawValue: 19)
    package static let invalidCertificate = NotificationType(rawValue: 20)
    package static let certificateTypeUnsupported = NotificationType(rawValue: 21)
    package static let invalidCertificateAuthority = NotificationType(rawValue: 22)
    package static let invalidHashInformation = NotificationType(rawValue: 23)
    package static let authenticationFailed = NotificationType(rawValue: 24)
    package static let invalidSignature = NotificationType(rawValue: 25)
    package static let addressNotification = NotificationType(rawValue: 26)
    package static let notifySALifetime = NotificationType(rawValue: 27)
    package static let certificateUnavailable = NotificationType(rawValue: 28)
    package static let unsupportedExchangeType = NotificationType(rawValue: 29)
    package static let unequalPayloadLengths = NotificationType(rawValue: 30)

    // States: RFC 2408 section 3.14.1, RFC 2407 section 4.6.3
    package static let connected = NotificationType(rawValue: 16384)
    package static let responderLifetime = NotificationType(rawValue: 24576)
    package static let replayStatus = NotificationType(rawValue: 24577)
    package static let initialContact = NotificationType(rawValue: 24578)

    /// A question after the peer's life (RFC 3706 section 5.2).
    package static let areYouThere = NotificationType(rawValue: 36136)
    /// The answer to it.
    package static let areYouThereAcknowledged = NotificationType(rawValue: 36137)
}

extension NotificationType: CustomStringConvertible {
    /// The name as the RFC writes it, or `notification 4242`.
    package var description: String {
        Self.errorNames[rawValue] ?? Self.stateNames[rawValue] ?? "notification \(rawValue)"
    }

    private static let errorNames: [UInt16: String] = Dictionary(
        uniqueKeysWithValues: zip(
            1...,
            [
                "INVALID-PAYLOAD-TYPE", "DOI-NOT-SUPPORTED", "SITUATION-NOT-SUPPORTED", "INVALID-COOKIE",
                "INVALID-MAJOR-VERSION", "INVALID-MINOR-VERSION", "INVALID-EXCHANGE-TYPE", "INVALID-FLAGS",
                "INVALID-MESSAGE-ID", "INVALID-PROTOCOL-ID", "INVALID-SPI", "INVALID-TRANSFORM-ID",
                "ATTRIBUTES-NOT-SUPPORTED", "NO-PROPOSAL-CHOSEN", "BAD-PROPOSAL-SYNTAX", "PAYLOAD-MALFORMED",
                "INVALID-KEY-INFORMATION", "INVALID-ID-INFORMATION", "INVALID-CERT-ENCODING",
                "INVALID-CERTIFICATE", "CERT-TYPE-UNSUPPORTED", "INVALID-CERT-AUTHORITY",
                "INVALID-HASH-INFORMATION", "AUTHENTICATION-FAILED", "INVALID-SIGNATURE",
                "ADDRESS-NOTIFICATION", "NOTIFY-SA-LIFETIME", "CERTIFICATE-UNAVAILABLE",
                "UNSUPPORTED-EXCHANGE-TYPE", "UNEQUAL-PAYLOAD-LENGTHS",
            ]))

    private static let stateNames: [UInt16: String] = [
        16384: "CONNECTED", 24576: "RESPONDER-LIFETIME", 24577: "REPLAY-STATUS", 24578: "INITIAL-CONTACT",
        36136: "R-U-THERE", 36137: "R-U-THERE-ACK",
    ]
}
