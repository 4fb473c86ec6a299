internal import Glibc

/// A secret that several owners share and none can change; it is wiped when the last one lets go.
///
/// This is how a key travels inside plain values (effects, security associations) without being copied.
@safe
package struct SecretKey: @unchecked Sendable {  // why: nothing writes to the storage once it is made
    /// The octets behind their count, in one piece of the heap that never moves.
    ///
    /// The count is read by its address: as a property, which might change, it would be guarded at each access.
    private final class Storage: ManagedBuffer<Int, UInt8> {
        deinit {
            _ = unsafe withUnsafeMutablePointers { count, octets in
                unsafe explicit_bzero(octets, count.pointee)
            }
        }
    }

    private let storage: ManagedBuffer<Int, UInt8>

    /// Makes `count` secret octets by letting `initialize` write them; they are zero before.
    package init(count: Int, initializingWith initialize: (UnsafeMutableRawBufferPointer) -> Void) {
        storage = Storage.create(minimumCapacity: count) { _ in count }
        unsafe storage.withUnsafeMutablePointerToElements { octets in
            unsafe octets.initialize(repeating: 0, count: count)
            unsafe initialize(UnsafeMutableRawBufferPointer(start: octets, count: count))
        }
    }

    package init(_ bytes: consuming SecretBytes) {
        unsafe self.init(count: bytes.count) { target in
            unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }

    /// Copies octets that are not secret where they come from, such as test vectors.
    package init(copying bytes: [UInt8]) {
        unsafe self.init(count: bytes.count) { target in unsafe target.copyBytes(from: bytes) }
    }

    /// Octets held.
    package var count: Int { unsafe storage.withUnsafeMutablePointerToHeader { unsafe $0.pointee } }

    /// Lends the octets for the length of `body`, which must not keep the pointer.
    package func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
    {
        try unsafe storage.withUnsafeMutablePointers { count, octets throws(E) in
            unsafe try body(UnsafeRawBufferPointer(start: octets, count: count.pointee))
        }
    }

    /// Lends the octets for the length of `body` as a span, which cannot outlive it.
    package func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try unsafe storage.withUnsafeMutablePointers { count, octets throws(E) in
            let elements = unsafe UnsafeBufferPointer(start: octets, count: count.pointee)
            return try body(unsafe elements.span)
        }
    }

    /// A new secret holding `range` of this one.
    package func extracting(_ range: Range<Int>) -> SecretKey {
        unsafe withUnsafeBytes { source in
            precondition(
                range.lowerBound >= 0 && range.upperBound <= source.count, "range outside the secret")
            return unsafe SecretKey(count: range.count) { target in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
            }
        }
    }

    /// A new secret holding the octets of all `keys`, one key after the other.
    package init(concatenating keys: [SecretKey]) {
        let count = keys.reduce(0) { $0 + $1.count }
        unsafe self.init(count: count) { target in
            var offset = 0
            for key in keys {
                unsafe key.withUnsafeBytes { source in
                    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...])
                    unsafe part.copyMemory(from: source)
                    offset += source.count
                }
            }
        }
    }

    /// Whether both hold the same octets, in time that depends on the lengths alone.
    package static func constantTimeEqual(_ left: SecretKey, _ right: SecretKey) -> Bool {
        left.withSpan { left in right.withSpan { KeyMaterial.constantTimeEqual(left, $0) } }
    }
}
