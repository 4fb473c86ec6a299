internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// X25519 and X448 as IKEv2 uses them (RFC 7748, RFC 8031): values are numbers, least significant octet first.
enum MontgomeryCurve: Sendable {
    case x25519
    case x448

    /// Octets of a private value, a public value and a shared secret.
    var size: Int {
        switch self {
        case .x25519: 32
        case .x448: 56
        }
    }

    /// libcrypto's name of it.
    fileprivate var libcryptoName: String {
        switch self {
        case .x25519: "X25519"
        case .x448: "X448"
        }
    }

    /// Whether the host's libcrypto has it.
    var isOffered: Bool {
        do {
            _ = try MontgomeryKeyPair(self, privateValue: anyPrivateValue)
            return true
        } catch {
            return false
        }
    }

    /// Refuses a value of small order, whose secret would be zero whatever our private value is.
    ///
    /// RFC 8031 section 3.2 lets every string of the right length pass, numbers beyond the field too.
    func validate(_ peerValue: [UInt8]) throws(KeyExchangeFailure) {
        _ = try MontgomeryKeyPair(self, privateValue: anyPrivateValue).sharedSecret(with: peerValue)
    }

    /// One as good as any other, where nothing depends on it.
    private var anyPrivateValue: SecretBytes { SecretBytes(copying: [UInt8](repeating: 7, count: size)) }
}

/// A private value of X25519 or X448 with the public one that belongs to it, in libcrypto's hands until it is wiped.
@safe
struct MontgomeryKeyPair: ~Copyable, @unchecked Sendable {  // why: nothing in it changes after it is made
    private let pair: OpaquePointer
    private let curve: MontgomeryCurve

    /// - Parameter privateValue: `curve.size` octets; libcrypto sets and clears the bits that RFC 7748 wants so.
    /// - Throws: `unsupported` where the host's libcrypto has no such curve.
    init(_ curve: MontgomeryCurve, privateValue: borrowing SecretBytes) throws(KeyExchangeFailure) {
        defer { ERR_clear_error() }
        let made = unsafe privateValue.withUnsafeBytes { bytes in
            unsafe EVP_PKEY_new_raw_private_key_ex(
                nil, curve.libcryptoName, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                bytes.count)
        }
        guard let made = unsafe made else { throw .unsupported(curve.libcryptoName) }
        unsafe pair = made
        self.curve = curve
    }

    deinit {
        unsafe EVP_PKEY_free(pair)
    }

    var publicValue: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: curve.size) { buffer, initialized in
            initialized = curve.size
            let status = unsafe EVP_PKEY_get_raw_public_key(pair, buffer.baseAddress, &initialized)
            precondition(status == 1 && initialized == curve.size, "a key pair without a public value")
        }
    }

    /// - Parameter peerValue: `curve.size` octets.
    /// - Throws: `smallOrder` if the secret would be zero (RFC 7748 section 6).
    func sharedSecret(with peerValue: [UInt8]) throws(KeyExchangeFailure) -> SecretKey {
        defer { ERR_clear_error() }
        guard
            let peer = unsafe EVP_PKEY_new_raw_public_key_ex(
                nil, curve.libcryptoName, nil, peerValue, peerValue.count)
        else { throw .unsupported(curve.libcryptoName) }
        defer { unsafe EVP_PKEY_free(peer) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, pair, nil) else {
            preconditionFailure("out of memory")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        // Every value of the right length is a valid one: libcrypto need not look at it.
        guard unsafe EVP_PKEY_derive_init(context) == 1,
            unsafe EVP_PKEY_derive_set_peer_ex(context, peer, 0) == 1
        else { throw .unsupported(curve.libcryptoName) }
        var isDerived = false
        let secret = unsafe SecretBytes(count: curve.size) { target in
            var count = target.count
            isDerived =
                unsafe EVP_PKEY_derive(
                    context, target.baseAddress?.assumingMemoryBound(to: UInt8.self), &count) == 1
        }
        guard isDerived else { throw .smallOrder }
        return SecretKey(secret)
    }
}
