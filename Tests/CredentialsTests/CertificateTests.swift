import ASN1
import Calendar
import CertificateAuthority
import Credentials
import Cryptography
import IPsec
import Testing

struct CertificateTests {
    @Test func tellsWhatIsInIt() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let peer = try pki.peer(root) {
            $0.crlLocations = ["http://crl.example.org/root.crl", "ldap://ldap.example.org/x"]
            $0.ocspLocations = ["http://ocsp.example.org"]
            $0.alternativeNames += [
                .uri("http://example.org"), .directoryName(try DistinguishedName("CN=other")),
            ]
        }
        #expect("\(peer.subject)" == "C=CH, O=Example, CN=peer")
        #expect("\(peer.issuer)" == "O=Example, CN=root")
        #expect(peer.notBefore == TestAuthority.validity.from)
        #expect(peer.notAfter == TestAuthority.validity.until)
        #expect(peer.serialNumber.count == 16)
        #expect(peer.extensions.keyUsage == .digitalSignature)
        #expect(peer.extensions.basicConstraints == nil)
        #expect(peer.extensions.crlLocations == ["http://crl.example.org/root.crl"])
        #expect(peer.extensions.ocspLocations == ["http://ocsp.example.org"])
        #expect(peer.extensions.authorityKeyIdentifier == root.certificate.extensions.subjectKeyIdentifier)
        #expect(peer.extensions.alternativeNames.count == 3)
        #expect(peer.fingerprint.count == 95)
        #expect(root.certificate.isAuthority)
        #expect(try peer.publicKey.get() == TestAuthority.key.get().publicKey)
    }

    /// Every truncation and every single wrong octet is read or refused; nothing else happens.
    @Test func damagedOnesAreRefused() throws {
        var pki = TestAuthority()
        let der = try pki.peer(pki.root()).der
        for count in der.indices {
            #expect(throws: DERError.self) { try Certificate(der: Array(der.prefix(count))) }
        }
        #expect(throws: DERError.self) { try Certificate(der: der + [0]) }
        var differing = 0
        for index in der.indices {
            var damaged = der
            damaged[index] ^= 0xff
            if let read = try? Certificate(der: damaged), read.der == damaged { differing += 1 }
        }
        #expect(differing < der.count)
    }

    @Test func confirmsIdentitiesByTheRules() throws {
        var pki = TestAuthority()
        let address = try #require(IPAddress("2001:db8::1"))
        let peer = try pki.peer(pki.root()) {
            $0.alternativeNames = [
                .dns("Peer.Example.org"), .dns("*.wild.example.org"), .email("Admin@Example.org"),
                .address(address),
            ]
        }
        let confirmed: [Identity] = [
            .fqdn("peer.example.ORG"), .userFQDN("Admin@example.org"), .address(address),
            .distinguishedName(try DistinguishedName("c=CH, O=EXAMPLE, CN=peer").der),
            .distinguishedName(peer.subject.der),
            .keyID(try #require(peer.extensions.subjectKeyIdentifier)),
        ]
        for identity in confirmed { #expect(peer.confirms(identity), "\(identity)") }
        let refused: [Identity] = [
            .fqdn("peer.example.org."), .fqdn("peer"), .fqdn("a.wild.example.org"),
            .fqdn("*.wild.example.org"),
            .fqdn(""), .fqdn("example.org"), .fqdn("peer.example.org\0"), .userFQDN("admin@example.org"),
            .userFQDN("@example.org"), .userFQDN("peer.example.org"), .fqdn("Admin@Example.org"),
            .address(try #require(IPAddress("2001:db8::2"))), .keyID([]), .keyID([1]),
            .distinguishedName([]), .distinguishedName([0x30, 0]),
            .distinguishedName(try DistinguishedName("CN=peer").der),
            .distinguishedName(try DistinguishedName("C=CH, O=Example, CN=peer, OU=x").der),
            .distinguishedName(try DistinguishedName("C=CH, O=Example, CN=*").der),
            .other(type: 10, content: []),
        ]
        for identity in refused { #expect(!peer.confirms(identity), "\(identity)") }
    }

    /// A zero inside a name, as certificates had that were issued for `bank.org\0.evil.org`.
    @Test func namesWithControlCharactersMatchNothing() throws {
        var pki = TestAuthority()
        let root = try pki.root()
        let content = Array("peer.example.org\0.evil.org".utf8)
        let peer = try pki.peer(root) { $0.alternativeNames = [.other(tag: .context(2), content: content)] }
        #expect(peer.extensions.alternativeNames == [.other(tag: .context(2), content: content)])
        #expect(!peer.confirms(.fqdn("peer.example.org")))
        #expect(!peer.confirms(.fqdn("peer.example.org\0.evil.org")))
        // The common name is no host name.
        let named = try pki.peer(root) {
            $0.subject = try DistinguishedName("CN=peer.example.org")
            $0.alternativeNames = []
        }
        #expect(!named.confirms(.fqdn("peer.example.org")))
    }
}

struct DistinguishedNameTests {
    @Test(arguments: [
        ("C=CH, O=Example, CN=gateway", "C=CH, O=Example, CN=gateway"),
        ("/C=CH/O=Example/CN=gateway", "C=CH, O=Example, CN=gateway"),
        ("c=CH,o=Example,cn=gateway", "C=CH, O=Example, CN=gateway"),
        ("O=\"Example, Inc.\", CN=a", "O=Example\\, Inc., CN=a"),
        ("O=Example\\, Inc., CN=a", "O=Example\\, Inc., CN=a"),
        ("CN=a + UID=b", "CN=a + UID=b"), ("CN= blanks kept \\ ", "CN=blanks kept  "),
        ("E=a@example.org", "E=a@example.org"), ("CN=Zürich", "CN=Z\\c3\\bcrich"),
        ("DC=org, DC=example", "DC=org, DC=example"),
    ])
    func readsText(text: String, shown: String) throws {
        let name = try DistinguishedName(text)
        #expect("\(name)" == shown)
        #expect(try DistinguishedName(der: name.der) == name)
        #expect(try DistinguishedName(der: name.der).der == name.der)
    }

    @Test(arguments: ["", "/", "CN", "XX=a", "CN=", "CN=\"a", "CN=a\\", "CN=a,,O=b", "=a"])
    func refusesText(text: String) {
        #expect(throws: DistinguishedNameError.self) { try DistinguishedName(text) }
    }

    @Test(arguments: [
        ("C=CH, O=Example, CN=*", "C=CH, O=Example, CN=anybody", true),
        ("C=*, O=*, CN=*", "C=CH, O=Example, CN=anybody", true),
        ("C=CH, O=Example, CN=any*", "C=CH, O=Example, CN=anybody", false),
        ("C=CH, O=Example, CN=*", "C=CH, O=Example", false),
        ("C=CH, O=Example, CN=*", "C=CH, O=Example, OU=x, CN=a", false),
        ("C=CH, O=Example, CN=*", "C=DE, O=Example, CN=a", false),
        ("O=Example, C=CH, CN=*", "C=CH, O=Example, CN=a", false),
        ("CN=*", "OU=a", false), ("O=EXAMPLE  corp, CN=*", "O=Example Corp, CN=a", true),
        ("CN=a + UID=*", "CN=a + UID=7", true), ("CN=a + UID=*", "CN=a", false),
    ])
    func matchesPatterns(pattern: String, name: String, isMatch: Bool) throws {
        let pattern = try DistinguishedName(pattern)
        #expect(pattern.matches(try DistinguishedName(name)) == isMatch)
    }

    @Test func comparesAcrossStringTypes() throws {
        let type = ObjectIdentifier(2, 5, 4, 3)
        func name(_ tag: DERTag, _ text: String) throws -> DistinguishedName {
            try DistinguishedName(
                der: DER.sequence(
                    DER.element(
                        .set, DER.sequence(DER.objectIdentifier(type), DER.element(tag, Array(text.utf8))))))
        }
        #expect(try name(.utf8String, "Gate  Way") == name(.printableString, "gate way"))
        #expect(try name(.bmpString, "ab") != name(.utf8String, "ab"))
        #expect(try name(.utf8String, "a") != name(.utf8String, "a\0"))
    }

    @Test(arguments: [
        (Identity.fqdn("*.example.org"), Identity.fqdn("a.Example.org"), true),
        (.fqdn("*.example.org"), .fqdn("example.org"), false),
        (.fqdn("*.example.org"), .fqdn(".example.org"), false),
        (.fqdn("*.example.org"), .fqdn("a.example.org.evil"), false), (.fqdn("*"), .userFQDN("a@b"), true),
        (.fqdn("a*.example.org"), .fqdn("ab.example.org"), false), (.fqdn("a.b"), .fqdn("A.b"), true),
        (.userFQDN("*@example.org"), .userFQDN("a@example.org"), true),
        (.userFQDN("*@example.org"), .userFQDN("@example.org"), false),
        (.userFQDN("*@example.org"), .fqdn("a@example.org"), false), (.fqdn("a.b"), .keyID([1]), false),
        (.keyID([1]), .keyID([1]), true),
    ])
    func identityPatterns(pattern: Identity, found: Identity, isMatch: Bool) {
        #expect(IdentityPattern(pattern).matches(found) == isMatch)
    }
}
