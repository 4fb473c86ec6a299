/// What peers send of themselves, in words for logs.
extension Identity {
    /// With its type: `FQDN east.example.org`, `DN CN=east`.
    package var typedWords: String {
        switch self {
        case .address(let address): "address \(address)"
        case .fqdn: "FQDN \(self)"
        case .userFQDN: "mailbox \(self)"
        case .distinguishedName(let der): "DN \((try? DistinguishedName(der: der))?.description ?? "\(self)")"
        case .keyID, .other: "\(self)"
        }
    }
}

extension Certificate {
    /// Whose a certificate in DER is and who says so; how long it is where it cannot be read.
    package static func words(der: [UInt8]) -> String {
        guard let certificate = try? Certificate(der: der) else { return "\(der.count) octets, unreadable" }
        return "\"\(certificate.subject)\" by \"\(certificate.issuer)\""
    }
}
