internal import CLibcrypto
internal import Cryptography
internal import KeyMaterial

/// A group of modular exponentiation: all residues of a safe prime, or a subgroup of prime order.
@safe
final class ModularGroup: @unchecked Sendable {  // why: nothing in it changes after it is made
    /// How a private value is drawn, and what is asked of a public one.
    private enum Order {
        /// A safe prime of RFC 2409 section 6 or RFC 3526: a private value of so many octets will do.
        case safePrime(privateSize: Int)
        /// A subgroup of RFC 5114 with its order, of so many bits.
        case subgroup(BigNumberBox, bits: Int)
    }

    private let prime: BigNumber
    /// p-1, the one element of order 2.
    private let primeLessOne: BigNumber
    private let generator: BigNumber
    private let montgomery: OpaquePointer
    private let size: Int
    private let order: Order

    private init(_ prime: consuming BigNumber, generator: consuming BigNumber, bits: Int, order: Order) {
        self.prime = prime
        primeLessOne = BigNumber()
        self.generator = generator
        size = bits / 8
        self.order = order
        let scratch = BigNumberScratch()
        guard let montgomery = unsafe BN_MONT_CTX_new(),
            unsafe BN_MONT_CTX_set(montgomery, self.prime.pointer, scratch.pointer) == 1,
            unsafe BN_sub(primeLessOne.pointer, self.prime.pointer, BN_value_one()) == 1
        else { preconditionFailure("out of memory") }
        unsafe self.montgomery = montgomery
    }

    private convenience init(safePrime: OpaquePointer?, bits: Int, privateBits: Int) {
        unsafe self.init(
            BigNumber(adopting: safePrime), generator: BigNumber([2]), bits: bits,
            order: .safePrime(privateSize: privateBits / 8))
    }

    /// A group of RFC 5114 by libcrypto's name; nil where it has none.
    private convenience init?(subgroup name: String, bits: Int, orderBits: Int) {
        defer { ERR_clear_error() }
        var numbers: (p: OpaquePointer?, q: OpaquePointer?, g: OpaquePointer?)
        guard unsafe swiftike_dh_group(name, &numbers.p, &numbers.q, &numbers.g) == 1 else { return nil }
        unsafe self.init(
            BigNumber(adopting: numbers.p), generator: BigNumber(adopting: numbers.g), bits: bits,
            order: .subgroup(BigNumberBox(BigNumber(adopting: numbers.q)), bits: orderBits))
    }

    deinit {
        unsafe BN_MONT_CTX_free(montgomery)
    }

    // Private values have at least twice the bits of the larger strength estimate of RFC 3526 section 8.
    private static let modp768 = unsafe ModularGroup(
        safePrime: BN_get_rfc2409_prime_768(nil), bits: 768, privateBits: 256)
    private static let modp1024 = unsafe ModularGroup(
        safePrime: BN_get_rfc2409_prime_1024(nil), bits: 1024, privateBits: 256)
    private static let modp1536 = unsafe ModularGroup(
        safePrime: BN_get_rfc3526_prime_1536(nil), bits: 1536, privateBits: 256)
    private static let modp2048 = unsafe ModularGroup(
        safePrime: BN_get_rfc3526_prime_2048(nil), bits: 2048, privateBits: 320)
    private static let modp3072 = unsafe ModularGroup(
        safePrime: BN_get_rfc3526_prime_3072(nil), bits: 3072, privateBits: 424)
    private static let modp4096 = unsafe ModularGroup(
        safePrime: BN_get_rfc3526_prime_4096(nil), bits: 4096, privateBits: 480)
    private static let modp6144 = unsafe ModularGroup(
        safePrime: BN_get_rfc3526_prime_6144(nil), bits: 6144, privateBits: 544)
    private static let modp8192 = unsafe ModularGroup(
        safePrime: BN_get_rfc3526_prime_8192(nil), bits: 8192, privateBits: 624)
    private static let modp1024s160 = ModularGroup(subgroup: "dh_1024_160", bits: 1024, orderBits: 160)
    private static let modp2048s224 = ModularGroup(subgroup: "dh_2048_224", bits: 2048, orderBits: 224)
    private static let modp2048s256 = ModularGroup(subgroup: "dh_2048_256", bits: 2048, orderBits: 256)

    /// The group of a safe prime; nil for no such size.
    static func safePrime(bits: Int) -> ModularGroup? {
        switch bits {
        case 768: modp768
        case 1024: modp1024
        case 1536: modp1536
        case 2048: modp2048
        case 3072: modp3072
        case 4096: modp4096
        case 6144: modp6144
        case 8192: modp8192
        default: nil
        }
    }

    /// The group of RFC 5114 whose order has so many bits; nil where libcrypto has none.
    static func subgroup(orderBits: Int) -> ModularGroup? {
        switch orderBits {
        case 160: modp1024s160
        case 224: modp2048s224
        case 256: modp2048s256
        default: nil
        }
    }

    /// A private value: below the order where that is known, else with the top bit set, so that its length tells
    /// nothing.
    func privateValue(from random: inout some RandomSource) -> SecretBytes {
        switch order {
        case .subgroup(let order, let bits): return order.number.secretBelow(bits: bits, from: &random)
        case .safePrime(let privateSize):
            let drawn = random.secret(count: privateSize)
            return unsafe SecretBytes(count: privateSize) { target in
                unsafe drawn.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
                unsafe target[0] |= 0x80
            }
        }
    }

    func publicValue(for privateValue: borrowing SecretBytes) -> [UInt8] {
        raise(generator, to: BigNumber(secret: privateValue)).bytes(size: size)
    }

    func validate(_ peerValue: [UInt8]) throws(KeyExchangeFailure) {
        _ = try element(peerValue)
    }

    func sharedSecret(
        _ privateValue: borrowing SecretBytes, _ peerValue: [UInt8]
    ) throws(KeyExchangeFailure) -> SecretKey {
        let element = try element(peerValue)
        return SecretKey(raise(element, to: BigNumber(secret: privateValue)).secret(size: size))
    }

    /// The group element in a payload, which is neither 0, 1 nor p-1, below p, and of the right order (RFC 6989
    /// sections 2.1 and 2.2).
    private func element(_ bytes: [UInt8]) throws(KeyExchangeFailure) -> BigNumber {
        let element = BigNumber(bytes)
        let isTrivial = unsafe BN_is_zero(element.pointer) == 1 || BN_is_one(element.pointer) == 1
        guard !isTrivial, element < primeLessOne else { throw .outOfRange }
        if case .subgroup(let order, _) = order {
            let power = raise(element, to: order.number)
            guard unsafe BN_is_one(power.pointer) == 1 else { throw .outsideSubgroup }
        }
        return element
    }

    private func raise(_ base: borrowing BigNumber, to exponent: borrowing BigNumber) -> BigNumber {
        let result = BigNumber()
        let scratch = BigNumberScratch()
        let status = unsafe BN_mod_exp_mont_consttime(
            result.pointer, base.pointer, exponent.pointer, prime.pointer, scratch.pointer, montgomery)
        precondition(status == 1, "modular exponentiation failed")
        return result
    }
}

/// A number that a copyable value may hold.
private final class BigNumberBox {
    let number: BigNumber

    init(_ number: consuming BigNumber) {
        self.number = number
    }
}
