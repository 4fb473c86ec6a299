/// A secret that several owners share and none can change; it is wiped when the last one lets go.
///
/// This is how a key travels inside plain values (effects, security associations) without being copied.
package final class SecretKey: Sendable {
    private let bytes: SecretBytes

    package init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }

    /// Copies octets that are not secret where they come from, such as test vectors.
    package convenience init(copying bytes: [UInt8]) {
        self.init(SecretBytes(copying: bytes))
    }

    /// Octets held.
    package var count: Int { bytes.count }

    /// Lends the octets for the length of `body`, which must not keep the pointer.
    package func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
    {
        unsafe try bytes.withUnsafeBytes(body)
    }

    /// Lends the octets for the length of `body` as a span, which cannot outlive it.
    package func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try bytes.withSpan(body)
    }

    /// A new secret holding `range` of this one.
    package func extracting(_ range: Range<Int>) -> SecretKey {
        SecretKey(bytes.extracting(range))
    }

    /// A new secret holding the octets of all `keys`, one key after the other.
    package convenience init(concatenating keys: [SecretKey]) {
        let count = keys.reduce(0) { $0 + $1.count }
        let bytes = unsafe SecretBytes(count: count) { target in
            var offset = 0
            for key in keys {
                unsafe key.withUnsafeBytes { source in
                    let part = unsafe UnsafeMutableRawBufferPointer(
                        rebasing: target[offset..<(offset + key.count)])
                    unsafe part.copyMemory(from: source)
                }
                offset += key.count
            }
        }
        self.init(bytes)
    }

    /// Whether both hold the same octets, in time that depends on the lengths alone.
    package static func constantTimeEqual(_ left: SecretKey, _ right: SecretKey) -> Bool {
        SecretBytes.constantTimeEqual(left.bytes, right.bytes)
    }
}
