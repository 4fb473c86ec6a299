import Glibc

/// Bytes that cannot be copied, printed or compared by accident, wiped when their owner goes.
///
/// The storage is on the heap and never moves, so nothing of it is left behind by a move.
@safe
package struct SecretBytes: ~Copyable, @unchecked Sendable {  // why: the storage has one owner
    private let storage: UnsafeMutableRawPointer
    /// Octets held.
    package let count: Int

    /// Makes `count` secret octets by letting `initialize` write them; they are zero before.
    package init<E: Error>(
        count: Int, initializingWith initialize: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        self.count = count
        // The standard library would ask for the alignment that malloc has anyway, which takes twice the time.
        guard let zeros = unsafe calloc(max(count, 1), 1) else { preconditionFailure("out of memory") }
        unsafe storage = zeros
        unsafe try initialize(UnsafeMutableRawBufferPointer(start: storage, count: count))
    }

    /// Takes over the octets of `bytes`, and wipes the array in place where nothing else shares it.
    package init(consuming bytes: inout [UInt8]) {
        self.init(copying: bytes)
        for index in bytes.indices { bytes[index] = 0 }
        bytes = []
    }

    /// Copies octets that are not secret where they come from (test vectors, text already in memory).
    package init(copying bytes: [UInt8]) {
        unsafe self.init(count: bytes.count) { target in
            unsafe target.copyBytes(from: bytes)
        }
    }

    deinit {
        unsafe explicit_bzero(storage, count)
        unsafe free(storage)
    }

    /// Lends the octets for the length of `body`, which must not keep the pointer.
    package borrowing func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        unsafe try body(UnsafeRawBufferPointer(start: storage, count: count))
    }

    /// Lends the octets for the length of `body` as a span, which cannot outlive it.
    package borrowing func withSpan<R: ~Copyable, E: Error>(
        _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        let elements = unsafe UnsafeBufferPointer(
            start: storage.assumingMemoryBound(to: UInt8.self), count: count)
        return try body(unsafe elements.span)
    }

    /// The octets that `range` of this secret spells in pairs of hexadecimal digits, as a secret of their own.
    ///
    /// nil unless `range` holds one pair or more, and digits alone.
    package borrowing func decodingHexadecimal(_ range: Range<Int>) -> SecretBytes? {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the secret")
        guard !range.isEmpty, range.count.isMultiple(of: 2) else { return nil }
        var isValid = true
        let decoded = unsafe SecretBytes(count: range.count / 2) { target in
            for (index, octet) in zip(range, 0...) {
                let character = unsafe storage.load(fromByteOffset: index, as: UInt8.self)
                guard let digit = Self.hexadecimalValue(character) else {
                    isValid = false
                    return
                }
                unsafe target[octet / 2] = target[octet / 2] << 4 | digit
            }
        }
        guard isValid else { return nil }
        return decoded
    }

    static func hexadecimalValue(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// A new secret holding `range` of this one.
    package borrowing func extracting(_ range: Range<Int>) -> SecretBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the secret")
        return unsafe withUnsafeBytes { source in
            unsafe SecretBytes(count: range.count) { target in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
            }
        }
    }

    /// Whether both hold the same octets, in time that depends on the lengths alone.
    package static func constantTimeEqual(_ left: borrowing SecretBytes, _ right: borrowing SecretBytes)
        -> Bool
    {
        left.withSpan { left in right.withSpan { KeyMaterial.constantTimeEqual(left, $0) } }
    }
}
