package import Credentials
package import Cryptography
internal import IPsec

/// What a certificate of somebody who speaks IKE is to say.
package struct IssueRequest: Sendable {
    /// The name of its files and, unless `subject` says otherwise, its common name.
    package var name: String
    /// nil: the authority's subject with `name` as its common name.
    package var subject: DistinguishedName?
    /// Empty: what `name` is by its looks, if it is an address, a host name or a mailbox.
    package var alternativeNames: [GeneralName] = []
    package var keyKind: KeyKind = .ecdsa(.p256)
    package var days: Int64 = 730
    package var crlLocations: [String] = []
    package var ocspLocations: [String] = []

    package init(name: String) {
        self.name = name
    }

    /// The identities that the certificate confirms beside its subject.
    var effectiveNames: [GeneralName] {
        guard alternativeNames.isEmpty else { return alternativeNames }
        if let address = IPAddress(name) { return [.address(address)] }
        if name.contains("@") { return [.email(name)] }
        return name.contains(".") ? [.dns(name)] : []
    }

    func effectiveSubject(under authority: DistinguishedName) -> DistinguishedName {
        if let subject { return subject }
        let common = NameAttribute.commonName
        let above = authority.relativeNames.filter { names in !names.contains { $0.type == common } }
        return DistinguishedName(above + [[NameAttribute(type: common, text: name)]])
    }
}

extension KeyKind {
    /// The kinds of new keys, by the words of commands, the usual one first.
    package static let keywords: [(word: String, kind: KeyKind)] = [
        ("ecdsa-p256", .ecdsa(.p256)), ("ecdsa-p384", .ecdsa(.p384)), ("ecdsa-p521", .ecdsa(.p521)),
        ("ed25519", .ed25519), ("ed448", .ed448), ("rsa-2048", .rsa(bits: 2048)),
        ("rsa-3072", .rsa(bits: 3072)),
        ("rsa-4096", .rsa(bits: 4096)),
    ]
}
