import Cryptography
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("Cookies (RFC 7296 section 2.6)")
struct CookieChallengeTests {
    private let remote = Endpoint(IPAddress(family: .ipv4, value: 0xc000_0202), port: 500)
    private let nonce = [UInt8](repeating: 3, count: 32)

    private static func time(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("a cookie is good for its message and its sender alone")
    func binding() {
        var random: any RandomSource = FixedRandom(seed: 1)
        var challenge = CookieChallenge()
        let cookie = challenge.cookie(
            nonce: nonce, spi: 7, remote: remote, now: Self.time(1), random: &random)
        #expect((1...64).contains(cookie.count))
        func accepts(_ cookie: [UInt8], _ nonce: [UInt8], _ spi: UInt64, _ remote: Endpoint) -> Bool {
            challenge.accepts(cookie, nonce: nonce, spi: spi, remote: remote, now: Self.time(2))
        }
        #expect(accepts(cookie, nonce, 7, remote))
        #expect(!accepts(cookie, nonce, 8, remote))
        #expect(!accepts(cookie, [1] + nonce.dropFirst(), 7, remote))
        #expect(!accepts(cookie, nonce, 7, Endpoint(remote.address, port: 501)))
        #expect(!accepts(cookie, nonce, 7, Endpoint(IPAddress(family: .ipv4, value: 1), port: 500)))
        #expect(!accepts([], nonce, 7, remote))
        #expect(!accepts(Array(cookie.dropLast()), nonce, 7, remote))
        for index in cookie.indices {
            var changed = cookie
            changed[index] ^= 1
            #expect(!accepts(changed, nonce, 7, remote))
        }
    }

    @Test("a cookie outlives its secret's time by one more, and no longer")
    func ageing() {
        var random: any RandomSource = FixedRandom(seed: 2)
        var challenge = CookieChallenge()
        func fresh(_ seconds: Int64) -> [UInt8] {
            challenge.cookie(nonce: nonce, spi: 7, remote: remote, now: Self.time(seconds), random: &random)
        }
        func accepts(_ cookie: [UInt8], _ seconds: Int64) -> Bool {
            challenge.accepts(cookie, nonce: nonce, spi: 7, remote: remote, now: Self.time(seconds))
        }
        let first = fresh(0)
        #expect(fresh(59) == first)
        let second = fresh(60)
        #expect(second != first)
        #expect(accepts(first, 61) && accepts(second, 61))
        #expect(accepts(first, 119))
        #expect(!accepts(first, 120))
        _ = fresh(125)
        #expect(!accepts(first, 126))
        #expect(accepts(second, 126))
    }

    @Test("before any was given out none is good")
    func empty() {
        let challenge = CookieChallenge()
        #expect(!challenge.accepts([1], nonce: nonce, spi: 7, remote: remote, now: Self.time(1)))
    }
}
