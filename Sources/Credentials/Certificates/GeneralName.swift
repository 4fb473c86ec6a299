package import ASN1
package import IPsec

/// A name in a certificate's extensions (RFC 5280 section 4.2.1.6).
package enum GeneralName: Hashable, Sendable {
    case dns(String)
    case email(String)
    case address(IPAddress)
    case directoryName(DistinguishedName)
    case uri(String)
    /// Any other form, or one whose text has octets that no such name has; never equal to an identity.
    case other(tag: DERTag, content: [UInt8])

    /// Takes one from the front of what `reader` reads.
    init(from reader: inout DERReader) throws(DERError) {
        let element = try reader.take()
        let other = GeneralName.other(tag: element.tag, content: Array(element.content))
        switch element.tag {
        case .context(1): self = Self.text(element.content).map(GeneralName.email) ?? other
        case .context(2): self = Self.text(element.content).map(GeneralName.dns) ?? other
        case .constructed(4):
            var inside = element.reader
            self = .directoryName(try DistinguishedName(from: &inside))
            try inside.requireEnd()
        case .context(6): self = Self.text(element.content).map(GeneralName.uri) ?? other
        case .context(7): self = IPAddress(bytes: element.content).map(GeneralName.address) ?? other
        // Other forms are open types.
        default: self = other
        }
    }

    package var encoding: [UInt8] {
        switch self {
        case .email(let text): DER.element(.context(1), Array(text.utf8))
        case .dns(let text): DER.element(.context(2), Array(text.utf8))
        case .directoryName(let name): DER.element(.constructed(4), name.der)
        case .uri(let text): DER.element(.context(6), Array(text.utf8))
        case .address(let address): DER.element(.context(7), address.bytes)
        case .other(let tag, let content): DER.element(tag, content)
        }
    }

    /// Printable ASCII without blanks; a zero inside has made others read a shorter name.
    private static func text(_ content: ArraySlice<UInt8>) -> String? {
        guard !content.isEmpty, content.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        return String(decoding: content, as: UTF8.self)
    }
}

extension GeneralName: CustomStringConvertible {
    /// With its kind in front: `dns:gateway.example.org`.
    package var description: String {
        switch self {
        case .dns(let text): "dns:" + text
        case .email(let text): "email:" + text
        case .address(let address): "ip:\(address)"
        case .directoryName(let name): "dn:\(name)"
        case .uri(let text): "uri:" + text
        case .other(let tag, let content): "\(tag) of \(content.count) octets"
        }
    }
}
