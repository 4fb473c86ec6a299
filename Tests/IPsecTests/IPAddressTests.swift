import IPsec
import Testing

struct IPAddressTests {
    static let canonical = [
        // RFC 5952 sections 4 and 5
        ("2001:0db8::0001", "2001:db8::1"), ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:DB8::AAAA", "2001:db8::aaaa"),
        ("0:0:0:0:0:0:0:0", "::"), ("::1", "::1"), ("1::", "1::"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("::192.0.2.1", "::c000:201"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("fe80:0:0:0:1:2:3:4", "fe80::1:2:3:4"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
    ]

    @Test(arguments: canonical)
    func isWrittenCanonically(_ text: String, _ expected: String) throws {
        let address = try #require(IPAddress(text))
        #expect("\(address)" == expected)
        #expect(IPAddress(expected) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1..3.4", "1.2.3.-4", "+1.2.3.4",
        "a.b.c.d",
        ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3", "1.2.3.4::", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8::", "::+1",
    ])
    func refusesWhatIsNoAddress(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func keepsFamiliesApart() throws {
        let four = try #require(IPAddress("0.0.0.1"))
        let six = try #require(IPAddress("::1"))
        #expect(four != six)
        #expect(four < six)
        #expect(IPAddress(family: .ipv4, value: 0x1_0000_0001) == four)
        #expect(IPAddress(bytes: [1, 2, 3] as [UInt8]) == nil)
        #expect(try #require(IPAddress("fe80::1")).isLinkLocal)
        #expect(!six.isLinkLocal)
        #expect(IPAddress.unspecified(.ipv6).isUnspecified)
    }
}
