package import Calendar

/// All that `swiftikectl certs` shows.
package struct CertificateReport: Hashable, Sendable {
    package var certificates: [CertificateRecord]
    /// What is wrong with files, a sentence each.
    package var problems: [String]

    package init(certificates: [CertificateRecord], problems: [String]) {
        self.certificates = certificates
        self.problems = problems
    }

    package var json: JSONValue {
        .object([
            .init("certificates", .array(certificates.map(\.json))),
            .init("problems", .array(problems.map(JSONValue.string))),
        ])
    }

    package init(json: JSONValue) throws(ControlFailure) {
        certificates = try RecordReader.list("certificates", json, CertificateRecord.init(json:))
        problems = json["problems"]?.array?.compactMap(\.string) ?? []
    }
}

/// A certificate, or a key without one, that is loaded.
///
/// What a key alone does not have is nil, and null in JSON.
package struct CertificateRecord: Hashable, Sendable {
    /// `own`, `authority`, `intermediate` or `peer`.
    package var role: String
    package var file: String
    package var subject: String?
    package var issuer: String?
    /// `01:AB`.
    package var serial: String?
    /// `ECDSA P-256`; nil for a key of a kind that is not used here.
    package var key: String?
    /// The identities that it confirms beside its subject, as a configuration writes them.
    package var names: [String] = []
    package var from: Timestamp?
    package var until: Timestamp?
    /// `expired`, `not yet valid`, or what is known of its revocation, in words.
    package var status: String
    /// SHA-256 over the certificate.
    package var fingerprint: String?
    /// The remotes that use it.
    package var users: [String] = []

    package init(role: String, file: String, status: String) {
        self.role = role
        self.file = file
        self.status = status
    }

    var json: JSONValue {
        .object([
            .init("role", .string(role)), .init("file", .string(file)), .init("subject", .text(subject)),
            .init("issuer", .text(issuer)), .init("serial", .text(serial)), .init("key", .text(key)),
            .init("names", .array(names.map(JSONValue.string))),
            .init("from", .text(from?.description)), .init("until", .text(until?.description)),
            .init("status", .string(status)), .init("fingerprint", .text(fingerprint)),
            .init("users", .array(users.map(JSONValue.string))),
        ])
    }

    init(json: RecordReader) throws(ControlFailure) {
        role = try json.text("role")
        file = try json.text("file")
        subject = try json.optionalText("subject")
        issuer = try json.optionalText("issuer")
        serial = try json.optionalText("serial")
        key = try json.optionalText("key")
        names = try json.texts("names")
        from = try json.optionalWord("from", Timestamp.init)
        until = try json.optionalWord("until", Timestamp.init)
        status = try json.text("status")
        fingerprint = try json.optionalText("fingerprint")
        users = try json.texts("users")
    }
}
