internal import CLibcrypto
internal import KeyMaterial

/// A private value of X448 with the public one that belongs to it, in libcrypto's hands until it is wiped.
///
/// As IKEv2 uses it (RFC 7748, RFC 8031): values are numbers of 56 octets, the least significant first.
@safe
struct X448KeyPair: ~Copyable, @unchecked Sendable {  // why: nothing in it changes after it is made
    /// Octets of a private value, a public value and a shared secret.
    static let size = 56
    private static let name = "X448"

    private let pair: OpaquePointer

    /// - Parameter privateValue: `size` octets; libcrypto sets and clears the bits that RFC 7748 wants so.
    /// - Throws: `unsupported` where the host's libcrypto has no such curve.
    init(privateValue: borrowing SecretBytes) throws(KeyExchangeFailure) {
        defer { ERR_clear_error() }
        let made = unsafe privateValue.withUnsafeBytes {
            unsafe EVP_PKEY_new_raw_private_key_ex(nil, Self.name, nil, $0.baseAddress, $0.count)
        }
        guard let made = unsafe made else { throw .unsupported(Self.name) }
        unsafe pair = made
    }

    deinit {
        unsafe EVP_PKEY_free(pair)
    }

    /// What the peer gets.
    var publicValue: [UInt8] {
        var count = Self.size
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            let status = unsafe EVP_PKEY_get_raw_public_key(pair, target.baseAddress, &count)
            precondition(status == 1, "a private key has its public one")
            filled = count
        }
    }

    /// - Parameter peerValue: `size` octets.
    /// - Throws: `smallOrder` if the secret would be zero (RFC 7748 section 6.2).
    func sharedSecret(with peerValue: [UInt8]) throws(KeyExchangeFailure) -> SecretKey {
        defer { ERR_clear_error() }
        guard
            let peer = unsafe EVP_PKEY_new_raw_public_key_ex(nil, Self.name, nil, peerValue, peerValue.count)
        else { throw .unsupported(Self.name) }
        defer { unsafe EVP_PKEY_free(peer) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, pair, nil) else {
            preconditionFailure("out of memory")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_derive_init(context) == 1, unsafe EVP_PKEY_derive_set_peer(context, peer) == 1
        else { throw .unsupported(Self.name) }
        var isDerived = false
        let secret = unsafe SecretKey(count: Self.size) { target in
            var count = target.count
            isDerived =
                unsafe EVP_PKEY_derive(
                    context, target.baseAddress?.assumingMemoryBound(to: UInt8.self), &count) == 1
        }
        guard isDerived else { throw .smallOrder }
        return secret
    }
}
