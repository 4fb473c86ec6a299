/// Which identities a certificate confirms (RFC 4945 sections 3.1 and 5.1.3.6).
extension Certificate {
    /// Whether the certificate was issued to this identity.
    ///
    /// Names must be the same: a wildcard inside a certificate matches nothing, and the common name is no host name.
    package func confirms(_ identity: Identity) -> Bool {
        switch identity {
        case .address(let address): extensions.alternativeNames.contains(.address(address))
        case .fqdn(let name):
            extensions.alternativeNames.contains { Self.isSameHost($0, name) }
        case .userFQDN(let name):
            extensions.alternativeNames.contains { Self.isSameMailbox($0, name) }
        case .distinguishedName(let der):
            (try? DistinguishedName(der: der)).map(isNamed) ?? false
        case .keyID(let octets): !octets.isEmpty && extensions.subjectKeyIdentifier == octets
        case .other: false
        }
    }

    /// Every identity that it confirms, for a sentence that tells what would have done.
    package var confirmedIdentities: [Identity] {
        var identities: [Identity] = subject.isEmpty ? [] : [.distinguishedName(subject.der)]
        for name in extensions.alternativeNames {
            switch name {
            case .dns(let text): identities.append(.fqdn(text))
            case .email(let text): identities.append(.userFQDN(text))
            case .address(let address): identities.append(.address(address))
            case .directoryName(let name): identities.append(.distinguishedName(name.der))
            case .uri, .other: break
            }
        }
        return identities
    }

    private func isNamed(_ name: DistinguishedName) -> Bool {
        !name.isEmpty
            && (subject == name || extensions.alternativeNames.contains(.directoryName(name)))
    }

    private static func isSameHost(_ name: GeneralName, _ host: String) -> Bool {
        guard case .dns(let text) = name, !text.contains("*"), !host.isEmpty else { return false }
        return asciiLowercased(text) == asciiLowercased(host)
    }

    /// The mailbox counts as written, the host in any case (RFC 5280 section 7.5).
    private static func isSameMailbox(_ name: GeneralName, _ mailbox: String) -> Bool {
        guard case .email(let text) = name, let left = split(text), let right = split(mailbox) else {
            return false
        }
        return left.mailbox == right.mailbox && left.host == right.host
    }

    private static func split(_ address: String) -> (mailbox: [UInt8], host: [UInt8])? {
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let host = asciiLowercased(String(address[at...].dropFirst()))
        let mailbox = Array(address.utf8[..<at])
        return mailbox.isEmpty || host.isEmpty ? nil : (mailbox, host)
    }

    static func asciiLowercased(_ text: String) -> [UInt8] {
        text.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    }
}
