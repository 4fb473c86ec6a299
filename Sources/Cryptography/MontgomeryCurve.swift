internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial
internal import Synchronization

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

    /// The public value of 1: 9, or 5 for X448 (RFC 7748 section 4).
    fileprivate var basePoint: [UInt8] {
        let first: UInt8 =
            switch self {
            case .x25519: 9
            case .x448: 5
            }
        return [first] + [UInt8](repeating: 0, count: size - 1)
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

extension MontgomeryCurve {
    fileprivate var keys: MontgomeryKeys {
        switch self {
        case .x25519: .x25519
        case .x448: .x448
        }
    }
}

/// Makes libcrypto's keys of one curve from octets.
///
/// What does so is kept: to look for a curve by its name costs a tenth of what computing with it does.
private final class MontgomeryKeys: Sendable {
    static let x25519 = MontgomeryKeys(.x25519)
    static let x448 = MontgomeryKeys(.x448)

    /// Made for one curve, and used by one thread at a time.
    @safe
    private struct Factory: @unchecked Sendable {  // why: whoever took it out of the list is its only user
        let context: OpaquePointer
    }

    private let curve: MontgomeryCurve
    private let idle = Mutex<[Factory]>([])

    private init(_ curve: MontgomeryCurve) {
        self.curve = curve
    }

    /// Both halves of a pair; nil where libcrypto lacks the curve.
    func pair(_ privateValue: UnsafeRawBufferPointer, publicValue: [UInt8]) -> OpaquePointer? {
        unsafe key(privateValue, publicValue)
    }

    /// A peer's public value; nil where libcrypto lacks the curve.
    func publicKey(_ octets: [UInt8]) -> OpaquePointer? {
        unsafe key(UnsafeRawBufferPointer(start: nil, count: 0), octets)
    }

    private func key(_ privateValue: UnsafeRawBufferPointer, _ publicValue: [UInt8]) -> OpaquePointer? {
        guard let factory = idle.withLock({ $0.popLast() }) ?? newFactory() else { return nil }
        defer { idle.withLock { $0.append(factory) } }
        return unsafe swiftike_raw_key(
            factory.context, privateValue.baseAddress, privateValue.count, publicValue, publicValue.count)
    }

    private func newFactory() -> Factory? {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, curve.libcryptoName, nil) else {
            return nil
        }
        guard unsafe EVP_PKEY_fromdata_init(context) == 1 else {
            unsafe EVP_PKEY_CTX_free(context)
            return nil
        }
        return unsafe Factory(context: context)
    }
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
        // libcrypto computes a public value more slowly than a secret: what stands for it here is any, and the true
        // one is the secret with the base point (RFC 7748 section 6).
        let made = unsafe privateValue.withUnsafeBytes {
            unsafe curve.keys.pair($0, publicValue: curve.basePoint)
        }
        guard let made = unsafe made else { throw .unsupported(curve.libcryptoName) }
        unsafe pair = made
        self.curve = curve
    }

    deinit {
        unsafe EVP_PKEY_free(pair)
    }

    /// What the peer gets.
    ///
    /// - Throws: `unsupported` alone.
    func publicValue() throws(KeyExchangeFailure) -> [UInt8] {
        unsafe try secret(with: curve.basePoint).withUnsafeBytes { unsafe Array($0) }
    }

    /// - Parameter peerValue: `curve.size` octets.
    /// - Throws: `smallOrder` if the secret would be zero (RFC 7748 section 6).
    func sharedSecret(with peerValue: [UInt8]) throws(KeyExchangeFailure) -> SecretKey {
        SecretKey(try secret(with: peerValue))
    }

    private func secret(with peerValue: [UInt8]) throws(KeyExchangeFailure) -> SecretBytes {
        defer { ERR_clear_error() }
        guard let peer = unsafe curve.keys.publicKey(peerValue) else {
            throw .unsupported(curve.libcryptoName)
        }
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
        return secret
    }
}
