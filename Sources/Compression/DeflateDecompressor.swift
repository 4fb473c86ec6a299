internal import CZlib

/// Why a message could not be decompressed.
package enum DecompressionFailure: Error, Hashable, Sendable {
    /// It would become longer than it may.
    case tooLong
    /// It is not one whole DEFLATE stream.
    case malformed
}

/// Decompresses message after message of raw DEFLATE (RFC 1951), each by itself.
///
/// It takes windows of any size, and allocates nothing after the first message.
@safe
package struct DeflateDecompressor: ~Copyable, @unchecked Sendable {
    // why Sendable: its stream has this one owner
    private static let windowBits: Int32 = 15

    private var stream: DeflateStream

    package init() {
        stream = unsafe DeflateStream(
            start: { unsafe swiftike_inflate_init($0, Self.windowBits) }, release: { unsafe inflateEnd($0) })
    }

    /// Decompresses `source` to the front of `target`.
    ///
    /// - Parameter limit: The most octets it may become; not one more is written.
    /// - Returns: How many it became.
    package mutating func decompress(
        _ source: Span<UInt8>, into target: inout MutableSpan<UInt8>, limit: Int
    ) throws(DecompressionFailure) -> Int {
        guard limit > 0, target.count > 0 else { throw .tooLong }
        let ending = unsafe stream.pass(
            source, into: &target, limit: limit, reset: { unsafe inflateReset($0) },
            run: { unsafe inflate($0, Z_FINISH) })
        switch ending {
        case .finished(let count): return count
        case .full: throw .tooLong
        case .malformed: throw .malformed
        }
    }
}
