internal import CZlib

/// Why a message could not be decompressed.
package enum DecompressionFailure: Error, Hashable, Sendable {
    /// It would become longer than it may.
    case tooLong
    /// It is not one whole DEFLATE stream.
    case malformed
    /// The buffer ends before it would.
    case noRoom
}

/// Decompresses message after message of raw DEFLATE (RFC 1951), each by itself.
///
/// It takes windows of any size. It allocates for the first message, and again only where more is allowed.
@safe
package struct DeflateDecompressor: ~Copyable, @unchecked Sendable {  // why: its stream has one owner
    private static let windowBits: Int32 = 15

    private var stream: DeflateStream

    package init() {
        stream = unsafe DeflateStream(
            start: { unsafe swiftike_inflate_init($0, Self.windowBits) }, release: { unsafe inflateEnd($0) })
    }

    /// Decompresses the octets in `range` of a buffer, and writes the result from offset `target` on, over them or not.
    ///
    /// - Parameter limit: The most octets it may become; no work is done beyond.
    /// - Returns: How many it became.
    /// - Throws: Why not, with the buffer unchanged.
    package mutating func decompress(
        _ buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, to target: Int, limit: Int
    ) throws(DecompressionFailure) -> Int {
        let ending = unsafe stream.pass(
            buffer.span, range, limit: limit, reset: { unsafe inflateReset($0) },
            run: { unsafe inflate($0, Z_FINISH) })
        switch ending {
        case .finished(let count):
            guard stream.copyOutput(count, to: &buffer, at: target) else { throw .noRoom }
            return count
        case .full: throw .tooLong
        case .malformed: throw .malformed
        }
    }
}
