internal import CLibcrypto
internal import Cryptography
internal import KeyMaterial

/// A curve of prime order as IKE uses it: public value x then y, shared secret x alone (RFC 5903, RFC 6954).
@safe
final class EllipticCurve: @unchecked Sendable {  // why: nothing in it changes after it is made
    private let group: OpaquePointer
    private let prime: BigNumber
    private let order: BigNumber
    /// Bits of the field, and of the order.
    private let bits: Int
    /// Octets of a coordinate, and of a private value.
    private let size: Int

    private init?(curve: Int32, bits: Int) {
        defer { ERR_clear_error() }
        guard let group = unsafe EC_GROUP_new_by_curve_name(curve) else { return nil }
        unsafe self.group = group
        prime = BigNumber()
        order = BigNumber()
        self.bits = bits
        size = (bits + 7) / 8
        let status =
            unsafe EC_GROUP_get_curve(group, prime.pointer, nil, nil, nil) == 1
            && EC_GROUP_get_order(group, order.pointer, nil) == 1
        precondition(status, "a named curve without a field or an order")
    }

    deinit {
        unsafe EC_GROUP_free(group)
    }

    private static let p192 = EllipticCurve(curve: NID_X9_62_prime192v1, bits: 192)
    private static let p224 = EllipticCurve(curve: NID_secp224r1, bits: 224)
    private static let p256 = EllipticCurve(curve: NID_X9_62_prime256v1, bits: 256)
    private static let p384 = EllipticCurve(curve: NID_secp384r1, bits: 384)
    private static let p521 = EllipticCurve(curve: NID_secp521r1, bits: 521)
    private static let brainpool224 = EllipticCurve(curve: NID_brainpoolP224r1, bits: 224)
    private static let brainpool256 = EllipticCurve(curve: NID_brainpoolP256r1, bits: 256)
    private static let brainpool384 = EllipticCurve(curve: NID_brainpoolP384r1, bits: 384)
    private static let brainpool512 = EllipticCurve(curve: NID_brainpoolP512r1, bits: 512)

    /// A curve of NIST's; nil where libcrypto lacks it.
    static func nist(bits: Int) -> EllipticCurve? {
        switch bits {
        case 192: p192
        case 224: p224
        case 256: p256
        case 384: p384
        case 521: p521
        default: nil
        }
    }

    /// A Brainpool curve with a verifiably random prime (RFC 5639); nil where libcrypto lacks it.
    static func brainpool(bits: Int) -> EllipticCurve? {
        switch bits {
        case 224: brainpool224
        case 256: brainpool256
        case 384: brainpool384
        case 512: brainpool512
        default: nil
        }
    }

    /// A private value between 1 and the order less 1, each equally likely.
    func privateValue(from random: inout some RandomSource) -> SecretBytes {
        order.secretBelow(bits: bits, from: &random)
    }

    func publicValue(for privateValue: borrowing SecretBytes) -> [UInt8] {
        let scalar = BigNumber(secret: privateValue)
        let point = unsafe CurvePoint(group)
        let scratch = BigNumberScratch()
        let status = unsafe EC_POINT_mul(group, point.pointer, scalar.pointer, nil, nil, scratch.pointer)
        precondition(status == 1, "multiplication of the generator failed")
        let x = BigNumber()
        let y = BigNumber()
        coordinates(of: point, x, y, scratch)
        return x.bytes(size: size) + y.bytes(size: size)
    }

    func validate(_ peerValue: [UInt8]) throws(KeyExchangeFailure) {
        _ = try point(peerValue, BigNumberScratch())
    }

    func sharedSecret(
        _ privateValue: borrowing SecretBytes, _ peerValue: [UInt8]
    ) throws(KeyExchangeFailure) -> SecretKey {
        let scratch = BigNumberScratch()
        let peer = try point(peerValue, scratch)
        let scalar = BigNumber(secret: privateValue)
        let product = unsafe CurvePoint(group)
        let status = unsafe EC_POINT_mul(
            group, product.pointer, nil, peer.pointer, scalar.pointer, scratch.pointer)
        precondition(status == 1, "multiplication of a point failed")
        // The order is prime and the scalar below it: the product is never the point at infinity.
        let x = BigNumber()
        let y = BigNumber()
        coordinates(of: product, x, y, scratch)
        return SecretKey(x.secret(size: size))
    }

    /// The point in a payload.
    ///
    /// libcrypto would reduce coordinates beyond the field, so they are refused first.
    private func point(
        _ bytes: [UInt8], _ scratch: borrowing BigNumberScratch
    ) throws(KeyExchangeFailure) -> CurvePoint {
        let x = BigNumber(bytes.prefix(size))
        let y = BigNumber(bytes.dropFirst(size))
        guard x < prime, y < prime else { throw .outOfRange }
        let point = unsafe CurvePoint(group)
        defer { ERR_clear_error() }
        guard
            unsafe EC_POINT_set_affine_coordinates(
                group, point.pointer, x.pointer, y.pointer, scratch.pointer) == 1
        else { throw .notOnCurve }
        return point
    }

    private func coordinates(
        of point: borrowing CurvePoint, _ x: borrowing BigNumber, _ y: borrowing BigNumber,
        _ scratch: borrowing BigNumberScratch
    ) {
        let status = unsafe EC_POINT_get_affine_coordinates(
            group, point.pointer, x.pointer, y.pointer, scratch.pointer)
        precondition(status == 1, "a point without coordinates")
    }
}

/// A point of a curve with one owner, wiped when it goes.
@safe
private struct CurvePoint: ~Copyable {
    let pointer: OpaquePointer

    init(_ group: OpaquePointer) {
        guard let pointer = unsafe EC_POINT_new(group) else { preconditionFailure("out of memory") }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EC_POINT_clear_free(pointer)
    }
}
