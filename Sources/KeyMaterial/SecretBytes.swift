import Glibc

/// Bytes that cannot be copied, printed or compared by accident, wiped when their owner goes.
///
/// The storage is on the heap and never moves, so nothing of it is left behind by a move.
@safe
package struct SecretBytes: ~Copyable, @unchecked Sendable {  // why: the storage has one owner and is never aliased
    private let storage: UnsafeMutableRawPointer
    /// Octets held.
    package let count: Int

    /// Makes `count` secret octets by letting `initialize` write them; they are zero before.
    package init<E: Error>(
        count: Int, initializingWith initialize: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        self.count = count
        unsafe storage = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
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
        unsafe storage.deallocate()
    }

    /// Lends the octets for the length of `body`, which must not keep the pointer.
    package borrowing func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        unsafe try body(UnsafeRawBufferPointer(start: storage, count: count))
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
    package static func constantTimeEqual(_ left: borrowing SecretBytes, _ right: borrowing SecretBytes) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        unsafe left.withUnsafeBytes { l in
            unsafe right.withUnsafeBytes { r in
                for index in l.indices { unsafe difference |= l[index] ^ r[index] }
            }
        }
        return difference == 0
    }
}
