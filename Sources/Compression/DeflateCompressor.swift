internal import CZlib

/// Compresses message after message to raw DEFLATE (RFC 1951), each by itself.
///
/// Its window and memory are those of the Linux kernel, whose decompressor takes no longer window. It allocates
/// when it is made, and not again.
@safe
package struct DeflateCompressor: ~Copyable, @unchecked Sendable {
    // why Sendable: its stream has this one owner
    private static let windowBits: Int32 = 11
    private static let memoryLevel: Int32 = 9

    private var stream: DeflateStream

    package init() {
        stream = unsafe DeflateStream(
            start: { unsafe swiftike_deflate_init($0, Self.windowBits, Self.memoryLevel) },
            release: { unsafe deflateEnd($0) })
    }

    /// Compresses `source` to the front of `target`.
    ///
    /// - Parameter limit: The most octets it may become.
    /// - Returns: How many it became; nil if they would be more than `limit`, or than `target` holds.
    package mutating func compress(
        _ source: Span<UInt8>, into target: inout MutableSpan<UInt8>, limit: Int
    ) -> Int? {
        guard limit > 0, target.count > 0 else { return nil }
        let ending = unsafe stream.pass(
            source, into: &target, limit: limit, reset: { unsafe deflateReset($0) },
            run: { unsafe deflate($0, Z_FINISH) })
        guard case .finished(let count) = ending else { return nil }
        return count
    }
}
