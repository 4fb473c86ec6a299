package import Algorithms
package import Cryptography
import KeyAgreement
package import KeyMaterial

/// Our half of a Diffie-Hellman exchange, shared by the state that made it and the one that uses it.
package final class PrivateValue: Sendable {
    private let exchange: KeyExchange

    /// - Throws: `localResource` where the host's libcrypto lacks the group.
    package init(
        _ method: KeyExchangeMethod, random: inout any RandomSource
    ) throws(NegotiationFailure) {
        exchange = try Self.draw(method, &random)
    }

    package var method: KeyExchangeMethod { exchange.method }
    package var publicValue: [UInt8] { exchange.publicValue }

    /// The secret shared with a peer's value; a value that no honest peer sends ends the exchange.
    package func sharedSecret(with peerValue: [UInt8]) throws(NegotiationFailure) -> SecretKey {
        guard peerValue != publicValue else {
            throw .peerViolatedProtocol("our own public value was sent back to us")
        }
        do {
            return try exchange.sharedSecret(with: peerValue)
        } catch {
            throw .peerViolatedProtocol("the public value is of no use: \(error)")
        }
    }

    private static func draw(
        _ method: KeyExchangeMethod, _ random: inout any RandomSource
    ) throws(NegotiationFailure) -> KeyExchange {
        do {
            return try make(method, &random)
        } catch {
            throw .localResource(.cryptography("no \(method) key exchange: \(error)"))
        }
    }

    private static func make(
        _ method: KeyExchangeMethod, _ random: inout some RandomSource
    ) throws(KeyExchangeFailure) -> KeyExchange {
        try KeyExchange(method, random: &random)
    }
}
