internal import CLibcrypto
internal import KeyMaterial

/// A group of modular exponentiation: a safe prime of RFC 2409 section 6 or RFC 3526, generator 2.
@safe
final class ModularGroup: @unchecked Sendable {  // why: nothing in it changes after it is made
    private let prime: BigNumber
    /// p-1, the one element of order 2.
    private let primeLessOne: BigNumber
    private let generator: BigNumber
    private let montgomery: OpaquePointer
    private let size: Int
    private let privateValueSize: Int

    private init(adopting prime: OpaquePointer?, bits: Int, privateBits: Int) {
        unsafe self.prime = BigNumber(adopting: prime)
        primeLessOne = BigNumber()
        generator = BigNumber([2])
        size = bits / 8
        privateValueSize = privateBits / 8
        let scratch = BigNumberScratch()
        guard let montgomery = unsafe BN_MONT_CTX_new(),
            unsafe BN_MONT_CTX_set(montgomery, self.prime.pointer, scratch.pointer) == 1,
            unsafe BN_sub(primeLessOne.pointer, self.prime.pointer, BN_value_one()) == 1
        else { preconditionFailure("out of memory") }
        unsafe self.montgomery = montgomery
    }

    deinit {
        unsafe BN_MONT_CTX_free(montgomery)
    }

    // Private values have at least twice the bits of the larger strength estimate of RFC 3526 section 8.
    private static let modp768 = unsafe ModularGroup(
        adopting: BN_get_rfc2409_prime_768(nil), bits: 768, privateBits: 256)
    private static let modp1024 = unsafe ModularGroup(
        adopting: BN_get_rfc2409_prime_1024(nil), bits: 1024, privateBits: 256)
    private static let modp1536 = unsafe ModularGroup(
        adopting: BN_get_rfc3526_prime_1536(nil), bits: 1536, privateBits: 256)
    private static let modp2048 = unsafe ModularGroup(
        adopting: BN_get_rfc3526_prime_2048(nil), bits: 2048, privateBits: 320)
    private static let modp3072 = unsafe ModularGroup(
        adopting: BN_get_rfc3526_prime_3072(nil), bits: 3072, privateBits: 424)
    private static let modp4096 = unsafe ModularGroup(
        adopting: BN_get_rfc3526_prime_4096(nil), bits: 4096, privateBits: 480)
    private static let modp6144 = unsafe ModularGroup(
        adopting: BN_get_rfc3526_prime_6144(nil), bits: 6144, privateBits: 544)
    private static let modp8192 = unsafe ModularGroup(
        adopting: BN_get_rfc3526_prime_8192(nil), bits: 8192, privateBits: 624)

    static func named(_ name: String, bits: Int) throws(KeyExchangeFailure) -> ModularGroup {
        switch bits {
        case 768: modp768
        case 1024: modp1024
        case 1536: modp1536
        case 2048: modp2048
        case 3072: modp3072
        case 4096: modp4096
        case 6144: modp6144
        case 8192: modp8192
        default: throw .unsupported(name)
        }
    }

    /// The prime, most significant octet first.
    var primeBytes: [UInt8] { prime.bytes(size: size) }

    /// A private value whose top bit is set, so that its length tells nothing.
    func privateValue(from random: inout some RandomSource) -> SecretBytes {
        let drawn = random.secret(count: privateValueSize)
        return unsafe SecretBytes(count: privateValueSize) { target in
            unsafe drawn.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
            unsafe target[0] |= 0x80
        }
    }

    func publicValue(for privateValue: borrowing SecretBytes) -> [UInt8] {
        raise(generator, to: privateValue).bytes(size: size)
    }

    func validate(_ peerValue: [UInt8]) throws(KeyExchangeFailure) {
        _ = try element(peerValue)
    }

    func sharedSecret(
        _ privateValue: borrowing SecretBytes, _ peerValue: [UInt8]
    ) throws(KeyExchangeFailure) -> SecretKey {
        let element = try element(peerValue)
        return SecretKey(raise(element, to: privateValue).secret(size: size))
    }

    /// The group element in a payload, which is neither 0, 1 nor p-1 and below p.
    private func element(_ bytes: [UInt8]) throws(KeyExchangeFailure) -> BigNumber {
        let element = BigNumber(bytes)
        let isTrivial = unsafe BN_is_zero(element.pointer) == 1 || BN_is_one(element.pointer) == 1
        guard !isTrivial, element < primeLessOne else { throw .outOfRange }
        return element
    }

    private func raise(_ base: borrowing BigNumber, to exponent: borrowing SecretBytes) -> BigNumber {
        let result = BigNumber()
        let power = BigNumber(secret: exponent)
        let scratch = BigNumberScratch()
        let status = unsafe BN_mod_exp_mont_consttime(
            result.pointer, base.pointer, power.pointer, prime.pointer, scratch.pointer, montgomery)
        precondition(status == 1, "modular exponentiation failed")
        return result
    }
}
