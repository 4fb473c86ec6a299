internal import CZlib

/// Compresses message after message to raw DEFLATE (RFC 1951), each by itself.
///
/// Its window and memory are those of the Linux kernel, whose decompressor takes no longer window. It allocates
/// for the first message, and again only for a longer one.
@safe
package struct DeflateCompressor: ~Copyable, @unchecked Sendable {  // why: its stream has one owner
    private static let windowBits: Int32 = 11
    private static let memoryLevel: Int32 = 9

    private var stream: DeflateStream

    package init() {
        stream = unsafe DeflateStream(
            start: { unsafe swiftike_deflate_init($0, Self.windowBits, Self.memoryLevel) },
            release: { unsafe deflateEnd($0) })
    }

    /// Compresses the octets in `range` of a buffer, and writes the result from offset `target` on, over them or not.
    ///
    /// - Parameter limit: The most octets it may become.
    /// - Returns: How many it became; nil, with the buffer unchanged, if they would be more, or do not fit.
    package mutating func compress(
        _ buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, to target: Int, limit: Int
    ) -> Int? {
        let ending = unsafe stream.pass(
            buffer.span, range, limit: limit, reset: { unsafe deflateReset($0) },
            run: { unsafe deflate($0, Z_FINISH) })
        guard case .finished(let count) = ending, stream.copyOutput(count, to: &buffer, at: target) else {
            return nil
        }
        return count
    }
}
