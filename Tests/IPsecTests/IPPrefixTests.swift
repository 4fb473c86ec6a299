import IPsec
import TestSupport
import Testing

struct IPPrefixTests {
    @Test func readsAndClearsHostBits() throws {
        #expect("\(try #require(IPPrefix("10.1.2.3/8")))" == "10.0.0.0/8")
        #expect("\(try #require(IPPrefix("2001:db8::1/32")))" == "2001:db8::/32")
        #expect(try #require(IPPrefix("10.1.2.3")).isHost)
        #expect(IPPrefix("0.0.0.0/0") == .any(.ipv4))
        #expect(IPPrefix("::/0") == .any(.ipv6))
        for text in [
            "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+1", "10.0.0.0/8/8", "/8",
        ] {
            #expect(IPPrefix(text) == nil)
        }
    }

    @Test func containsWhatItShould() throws {
        let net = try #require(IPPrefix("10.1.0.0/16"))
        #expect(net.contains(try #require(IPAddress("10.1.255.255"))))
        #expect(!net.contains(try #require(IPAddress("10.2.0.0"))))
        #expect(net.contains(try #require(IPPrefix("10.1.2.0/24"))))
        #expect(!net.contains(try #require(IPPrefix("10.0.0.0/8"))))
        #expect("\(net.last)" == "10.1.255.255")
        #expect(IPPrefix.any(.ipv6).last.value == .max)
        #expect(!IPPrefix.any(.ipv4).contains(.unspecified(.ipv6)))
    }

    /// Every address in a stretch of 256 is in exactly one prefix if it is in the range, else in none.
    private func check(_ family: AddressFamily, base: UInt128, _ first: UInt128, _ last: UInt128) {
        func address(_ offset: UInt128) -> IPAddress { IPAddress(family: family, value: base + offset) }
        let prefixes = IPPrefix.covering(first: address(first), last: address(last))
        for offset in 0..<256 as Range<UInt128> {
            let holders = prefixes.filter { $0.contains(address(offset)) }.count
            #expect(holders == ((first...last).contains(offset) ? 1 : 0), "\(first)-\(last) at \(offset)")
        }
        // Two neighbours of one length that make a whole prefix would have been one.
        for (left, right) in zip(prefixes, prefixes.dropFirst()) where left.length == right.length {
            let parent = IPPrefix(left.address, length: left.length - 1)
            #expect(parent?.contains(right) == false || parent?.address != left.address)
        }
    }

    static let stretches: [(AddressFamily, UInt128)] = [
        (.ipv4, 0), (.ipv4, 0xffff_ff00), (.ipv4, 0x0a01_0000), (.ipv6, 0), (.ipv6, .max - 255),
        (.ipv6, 0x2001_0db8 << 96),
    ]

    @Test(arguments: stretches)
    func coversRangesExactly(_ family: AddressFamily, _ base: UInt128) {
        var random = FixedRandom(seed: 1)
        for _ in 0..<60 {
            let one = UInt128(random.next() % 256)
            let two = UInt128(random.next() % 256)
            check(family, base: base, min(one, two), max(one, two))
        }
        check(family, base: base, 0, 255)
        check(family, base: base, 255, 255)
    }

    @Test func coversTheWholeSpaceAndNothing() throws {
        for family in [AddressFamily.ipv4, .ipv6] {
            let all = IPPrefix.any(family)
            #expect(IPPrefix.covering(first: all.address, last: all.last) == [all])
        }
        let (low, high) = (try #require(IPAddress("1.2.3.4")), try #require(IPAddress("1.2.3.5")))
        #expect(IPPrefix.covering(first: high, last: low) == [])
        #expect(IPPrefix.covering(first: low, last: try #require(IPAddress("::1"))) == [])
        let worst = IPPrefix.covering(
            first: IPAddress(family: .ipv6, value: 1), last: IPAddress(family: .ipv6, value: .max - 1))
        #expect(worst.count == 254)
    }
}
