internal import CLibcrypto
package import KeyMaterial

/// A libcrypto number with one owner, wiped when it goes.
@safe
package struct BigNumber: ~Copyable {
    package let pointer: OpaquePointer

    package init() {
        guard let pointer = unsafe BN_new() else { preconditionFailure("out of memory") }
        unsafe self.pointer = pointer
    }

    /// Takes over a number that libcrypto made.
    package init(adopting pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { preconditionFailure("out of memory") }
        unsafe self.pointer = pointer
    }

    /// A number from octets, most significant first.
    package init(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        unsafe self.init(adopting: BN_bin2bn(bytes, Int32(truncatingIfNeeded: bytes.count), nil))
    }

    /// A secret number from octets, most significant first; libcrypto treats it in constant time.
    package init(secret: borrowing SecretBytes) {
        let number = unsafe secret.withUnsafeBytes { bytes in
            unsafe BN_bin2bn(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                Int32(truncatingIfNeeded: bytes.count), nil)
        }
        unsafe self.init(adopting: number)
        unsafe swiftike_bn_mark_secret(pointer)
    }

    deinit {
        unsafe BN_clear_free(pointer)
    }

    /// The number in `size` octets, padded with zeros on the left; it must fit.
    package borrowing func bytes(size: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            let count = unsafe BN_bn2binpad(pointer, buffer.baseAddress, Int32(truncatingIfNeeded: size))
            precondition(Int(count) == size, "number larger than its field")
            initialized = size
        }
    }

    /// The number in `size` octets as a secret, padded with zeros on the left; it must fit.
    package borrowing func secret(size: Int) -> SecretBytes {
        unsafe SecretBytes(count: size) { target in
            let start = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let count = unsafe BN_bn2binpad(pointer, start, Int32(truncatingIfNeeded: size))
            precondition(Int(count) == size, "number larger than its field")
        }
    }

    /// A secret number from 1 to this one less 1, each equally likely: others are drawn again.
    ///
    /// - Parameter bits: how many this number has.
    package borrowing func secretBelow(bits: Int, from random: inout some RandomSource) -> SecretBytes {
        let size = (bits + 7) / 8
        let excess = UInt8(truncatingIfNeeded: size * 8 - bits)
        while true {
            let drawn = random.secret(count: size)
            let candidate = unsafe SecretBytes(count: size) { target in
                unsafe drawn.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
                unsafe target[0] &= 0xff >> excess
            }
            let number = BigNumber(secret: candidate)
            let isBelow = unsafe BN_is_zero(number.pointer) == 0 && BN_cmp(number.pointer, pointer) < 0
            if isBelow { return candidate }
        }
    }

    package static func < (left: borrowing BigNumber, right: borrowing BigNumber) -> Bool {
        unsafe BN_cmp(left.pointer, right.pointer) < 0
    }
}

/// Scratch numbers for one calculation.
@safe
package struct BigNumberScratch: ~Copyable {
    package let pointer: OpaquePointer

    package init() {
        guard let pointer = unsafe BN_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe BN_CTX_free(pointer)
    }
}
