internal import CLibcrypto
internal import KeyMaterial

/// A NIST curve as IKE uses it: public value x then y, shared secret x alone (RFC 5903).
@safe
final class EllipticCurve: @unchecked Sendable {  // why: nothing in it changes after it is made
    private let group: OpaquePointer
    private let prime: BigNumber
    private let order: BigNumber
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

    private static let p256 = EllipticCurve(curve: NID_X9_62_prime256v1, bits: 256)
    private static let p384 = EllipticCurve(curve: NID_secp384r1, bits: 384)
    private static let p521 = EllipticCurve(curve: NID_secp521r1, bits: 521)

    static func named(_ name: String, bits: Int) throws(KeyExchangeFailure) -> EllipticCurve {
        let curve: EllipticCurve? =
            switch bits {
            case 256: p256
            case 384: p384
            case 521: p521
            default: nil
            }
        guard let curve else { throw .unsupported(name) }
        return curve
    }

    /// A private value between 1 and the order less 1, each equally likely: others are drawn again.
    func privateValue(from random: inout some RandomSource) -> SecretBytes {
        let excess = UInt8(truncatingIfNeeded: size * 8 - bits)
        while true {
            let drawn = random.secret(count: size)
            let candidate = unsafe SecretBytes(count: size) { target in
                unsafe drawn.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
                unsafe target[0] &= 0xff >> excess
            }
            let number = BigNumber(secret: candidate)
            if unsafe BN_is_zero(number.pointer) == 0, number < order { return candidate }
        }
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
