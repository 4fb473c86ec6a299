public import IPsec

/// Who somebody says they are in phase 1 (RFC 2407 section 4.6.2) or IKE_AUTH.
@usableFromInline package enum Identity: Hashable, Sendable {
    case address(IPAddress)
    /// A host name, `gateway.example.org`.
    case fqdn(String)
    /// A mailbox, `user@example.org`.
    case userFQDN(String)
    /// Opaque octets that both sides know.
    case keyID([UInt8])
    /// The DER encoding of an X.500 distinguished name.
    case distinguishedName([UInt8])
    /// Any other type, kept as it came.
    case other(type: UInt8, content: [UInt8])
}

extension Identity: CustomStringConvertible {
    /// For logs: control characters and anything beyond ASCII are escaped, so that no peer can forge a line.
    @usableFromInline package var description: String {
        switch self {
        case .address(let address): "\(address)"
        case .fqdn(let name): Self.printable(name.utf8)
        case .userFQDN(let name): Self.printable(name.utf8)
        case .keyID(let octets): "keyid:" + Self.printable(octets)
        case .distinguishedName(let der): "asn1dn:" + Self.hexadecimal(der)
        case .other(let type, let content): "type \(type):" + Self.hexadecimal(content)
        }
    }

    /// At most this many octets of an identity are shown.
    private static let shownOctets = 128

    private static func printable(_ octets: some Collection<UInt8>) -> String {
        if octets.count <= shownOctets, octets.allSatisfy(isPlain) {
            return String(decoding: octets, as: UTF8.self)
        }
        var text = ""
        for octet in octets.prefix(shownOctets) {
            if isPlain(octet) {
                text.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                text += "\\x" + hexadecimal([octet])
            }
        }
        return octets.count > shownOctets ? text + "…" : text
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        (0x20...0x7e).contains(octet) && octet != UInt8(ascii: "\\")
    }

    private static func hexadecimal(_ octets: some Collection<UInt8>) -> String {
        let text = octets.prefix(shownOctets).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return octets.count > shownOctets ? text + "…" : text
    }
}
