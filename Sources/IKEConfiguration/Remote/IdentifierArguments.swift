import Credentials
import IPsec
import SourceText

/// An identifier as a statement writes it.
enum WrittenIdentifier {
    /// `address` without a value: the address the packets have.
    case ownAddress
    case identity(Identity)
    /// `asn1dn` without a value: the subject of the certificate.
    case ownSubject
}

extension Arguments {
    private static let types = ["address", "fqdn", "user_fqdn", "keyid", "asn1dn", "subnet"]

    /// Takes `[qualifier] TYPE [value]` of `my_identifier` and `peers_identifier`.
    mutating func takeIdentifier(in directory: String, _ session: Session) throws(Diagnostic)
        -> WrittenIdentifier
    {
        let early = takeOptionalWord("file", "tag")
        let type = try takeChoice(Self.types)
        switch type.text {
        case "address": return try takeAddressIdentifier()
        case "fqdn": return .identity(.fqdn(try takeASCII("a host name")))
        case "user_fqdn": return .identity(.userFQDN(try takeASCII("a mailbox, user@host")))
        case "keyid": return .identity(.keyID(try takeKeyID(early, directory, session)))
        case "asn1dn": return try takeDistinguishedName()
        default:
            throw type.location.error("'subnet' identifies no host; use 'address', 'fqdn' or 'user_fqdn'")
        }
    }

    private mutating func takeAddressIdentifier() throws(Diagnostic) -> WrittenIdentifier {
        if let text = takeOptionalString() {
            guard let address = IPAddress(text.text) else {
                throw text.location.error("expected an address, found \(text.shown)")
            }
            return .identity(.address(address))
        }
        guard next != nil else { return .ownAddress }
        return .identity(.address(try takeAddress().address))
    }

    /// Takes a name that goes into an ID payload as its text.
    mutating func takeASCII(_ what: String) throws(Diagnostic) -> String {
        let token = try takeString(what)
        guard token.text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw token.location.error("\(what) has only printable ASCII characters and no blanks")
        }
        return token.text
    }

    private mutating func takeKeyID(
        _ early: Token?, _ directory: String, _ session: Session
    ) throws(Diagnostic) -> [UInt8] {
        let qualifier = early ?? takeOptionalWord("file", "tag")
        let value = try takeString("a key ID")
        if qualifier?.text == "tag" { return Array(value.text.utf8) }
        let path = FilePath.join(directory, value.text)
        switch session.reading.read(path) {
        case .success(let bytes):
            guard !bytes.isEmpty, bytes.count <= 1024 else {
                throw value.location.error(
                    "the key ID file '\(path)' has \(bytes.count) octets, expected 1 to 1024")
            }
            return bytes
        case .failure(let failure):
            throw value.location.error(
                "the key ID file '\(path)' cannot be read: \(failure.reason); 'keyid tag' takes the text itself"
            )
        }
    }

    /// `asn1dn ["DN"]`: the name in text, or `~` and its DER encoding in hexadecimal.
    private mutating func takeDistinguishedName() throws(Diagnostic) -> WrittenIdentifier {
        guard let name = takeOptionalString() else { return .ownSubject }
        guard name.text.hasPrefix("~") else {
            do throws(DistinguishedNameError) {
                return .identity(.distinguishedName(try DistinguishedName(name.text).der))
            } catch { throw name.location.error(error.description) }
        }
        guard let der = Hexadecimal.bytes(name.text.dropFirst()),
            (try? DistinguishedName(der: der)) != nil
        else {
            throw name.location.error("behind ~ the DER encoding of a name is expected, in hexadecimal")
        }
        return .identity(.distinguishedName(der))
    }
}

/// Octets as hexadecimal digits.
enum Hexadecimal {
    /// nil unless all characters are digits and their count is even.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: high << 4 | low))
        }
        return bytes
    }
}
