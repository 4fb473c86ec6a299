internal import CLibcrypto
internal import Crypto
internal import KeyMaterial

/// A private value of X25519 with the public one that belongs to it, wiped with its last owner.
///
/// As IKEv2 uses it (RFC 7748, RFC 8031): values are numbers of 32 octets, the least significant first. BoringSSL
/// computes them, by way of swift-crypto, in half of libcrypto's time; whether they may be used is libcrypto's to say,
/// as for all groups.
struct X25519KeyPair: ~Copyable, Sendable {
    /// Octets of a private value, a public value and a shared secret.
    static let size = 32
    private static let name = "X25519"

    private let pair: Curve25519.KeyAgreement.PrivateKey

    /// Whether the host's libcrypto has the curve, which it has not in FIPS mode.
    private static let isOffered: Bool = {
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, name, nil) else { return false }
        unsafe EVP_PKEY_CTX_free(context)
        return true
    }()

    /// - Parameter privateValue: `size` octets; the bits that RFC 7748 wants so are set and cleared.
    /// - Throws: `unsupported` where the host's libcrypto has no such curve.
    init(privateValue: borrowing SecretBytes) throws(KeyExchangeFailure) {
        guard Self.isOffered else { throw .unsupported(Self.name) }
        do {
            pair = unsafe try privateValue.withUnsafeBytes {
                unsafe try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: $0)
            }
        } catch {
            preconditionFailure(
                "a private value of X25519 has \(Self.size) octets, not \(privateValue.count)")
        }
    }

    /// What the peer gets.
    var publicValue: [UInt8] { Array(pair.publicKey.rawRepresentation) }

    /// - Parameter peerValue: `size` octets.
    /// - Throws: `smallOrder` if the secret would be zero (RFC 7748 section 6.1).
    func sharedSecret(with peerValue: [UInt8]) throws(KeyExchangeFailure) -> SecretKey {
        guard let peer = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: peerValue),
            let agreed = try? pair.sharedSecretFromKeyAgreement(with: peer)
        else { throw .wrongSize(expected: Self.size, found: peerValue.count) }
        var union: UInt8 = 0
        let secret = unsafe SecretKey(count: Self.size) { target in
            unsafe agreed.withUnsafeBytes { source in
                for index in source.indices { unsafe union |= source[index] }
                unsafe target.copyMemory(from: source)
            }
        }
        // swift-crypto leaves it to its user to look.
        guard union != 0 else { throw .smallOrder }
        return secret
    }
}
