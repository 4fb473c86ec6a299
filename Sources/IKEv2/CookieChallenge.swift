import Algorithms
import Cryptography
import IPsec
import KeyMaterial
import Negotiation
import Wire

/// Cookies that prove an initiator to be where it says it is, without anything being kept for it (RFC 7296 section 2.6).
///
/// ```
/// Cookie = <number of the secret> | HMAC-SHA-256 (secret, Ni | IPi | port | SPIi)
/// ```
struct CookieChallenge {
    private struct Secret {
        let number: UInt8
        let key: SecretKey
        let since: Instant
    }

    private var current: Secret?
    private var previous: Secret?

    /// The cookie for a first message.
    mutating func cookie(
        nonce: [UInt8], spi: UInt64, remote: Endpoint, now: Instant, random: inout any RandomSource
    ) -> [UInt8] {
        renew(now: now, &random)
        return current.map { Self.make($0, nonce, spi, remote) } ?? []
    }

    /// Whether a first message bears a cookie that we gave out lately.
    func accepts(_ cookie: [UInt8], nonce: [UInt8], spi: UInt64, remote: Endpoint, now: Instant) -> Bool {
        guard let number = cookie.first else { return false }
        for secret in [current, previous].compactMap({ $0 }) where secret.number == number {
            guard now - secret.since < ProtocolLimits.cookieLifetime * 2 else { continue }
            if constantTimeEqual(Self.make(secret, nonce, spi, remote), cookie) { return true }
        }
        return false
    }

    private mutating func renew(now: Instant, _ random: inout any RandomSource) {
        if let current, now - current.since < ProtocolLimits.cookieLifetime { return }
        previous = current
        current = Secret(
            number: (previous?.number ?? 0) &+ 1, key: SecretKey(random.secret(count: 32)), since: now)
    }

    private static func make(
        _ secret: Secret, _ nonce: [UInt8], _ spi: UInt64, _ remote: Endpoint
    ) -> [UInt8] {
        let data = nonce + remote.address.bytes + remote.port.octets + spi.octets
        return [secret.number] + MessageAuthentication.compute(.sha256, key: secret.key, data: data)
    }
}
