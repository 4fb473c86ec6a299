internal import CZlib

/// A zlib stream at a fixed place in memory, as its own state points back at it.
@safe
struct DeflateStream: ~Copyable {
    enum Ending {
        /// The whole input made this many octets.
        case finished(Int)
        /// The output did not fit.
        case full
        /// The input is malformed, ends early, or goes on behind its end.
        case malformed
    }

    /// One of zlib's calls on a stream.
    typealias Step = (UnsafeMutablePointer<z_stream>) -> Int32

    private let stream: UnsafeMutablePointer<z_stream>
    private let release: Step

    /// - Parameters:
    ///   - start: makes the stream ready; not 0 on success.
    ///   - release: frees what `start` allocated.
    init(start: Step, release: @escaping Step) {
        unsafe stream = .allocate(capacity: 1)
        unsafe self.release = release
        let isReady = unsafe start(stream)
        precondition(isReady != 0, "out of memory")
    }

    deinit {
        _ = unsafe release(stream)
        unsafe stream.deallocate()
    }

    /// Passes a whole message through the stream.
    ///
    /// - Parameter limit: Octets of `target` that may be written, from its front.
    mutating func pass(
        _ source: Span<UInt8>, into target: inout MutableSpan<UInt8>, limit: Int, reset: Step, run: Step
    ) -> Ending {
        guard let inputCount = UInt32(exactly: source.count),
            let room = UInt32(exactly: min(limit, target.count))
        else { return .malformed }
        guard unsafe reset(stream) == Z_OK else { return .malformed }
        return unsafe source.withUnsafeBufferPointer { input in
            unsafe target.withUnsafeMutableBufferPointer { output in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = inputCount
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = room
                return unsafe ending(run(stream), room)
            }
        }
    }

    private func ending(_ status: Int32, _ room: UInt32) -> Ending {
        let left = unsafe stream.pointee.avail_out
        switch status {
        case Z_STREAM_END:
            return unsafe stream.pointee.avail_in == 0 ? .finished(Int(room - left)) : .malformed
        case Z_OK, Z_BUF_ERROR: return left == 0 ? .full : .malformed
        default: return .malformed
        }
    }
}
