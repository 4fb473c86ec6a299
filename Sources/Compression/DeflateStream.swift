internal import CZlib

/// A zlib stream at a fixed place in memory, as its own state points back at it, with room for what it makes.
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
    private var room: UnsafeMutableRawBufferPointer

    /// - Parameters:
    ///   - start: makes the stream ready; not 0 on success.
    ///   - release: frees what `start` allocated.
    init(start: Step, release: @escaping Step) {
        unsafe stream = .allocate(capacity: 1)
        unsafe self.release = release
        unsafe room = .allocate(byteCount: 0, alignment: 1)
        let isReady = unsafe start(stream)
        precondition(isReady != 0, "out of memory")
    }

    deinit {
        _ = unsafe release(stream)
        unsafe stream.deallocate()
        unsafe room.deallocate()
    }

    /// Passes the octets in `range` of a buffer through the stream, whole and by themselves.
    ///
    /// - Parameter limit: Octets they may become at most.
    mutating func pass(
        _ buffer: Span<UInt8>, _ range: Range<Int>, limit: Int, reset: Step, run: Step
    ) -> Ending {
        guard let inputCount = UInt32(exactly: range.count), let outputCount = UInt32(exactly: limit),
            outputCount > 0
        else { return .full }
        makeRoom(limit)
        guard unsafe reset(stream) == Z_OK else { return .malformed }
        return unsafe buffer.extracting(range).withUnsafeBufferPointer { input in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.pointee.avail_in = inputCount
            unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = outputCount
            return unsafe ending(run(stream), outputCount)
        }
    }

    /// Copies what the stream has made to offset `target` of a buffer; false if it does not fit there.
    func copyOutput(_ count: Int, to buffer: inout MutableSpan<UInt8>, at target: Int) -> Bool {
        guard target >= 0, target <= buffer.count, count <= buffer.count - target else { return false }
        unsafe buffer.withUnsafeMutableBytes { octets in
            let destination = unsafe UnsafeMutableRawBufferPointer(rebasing: octets[target..<target + count])
            unsafe destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
        return true
    }

    private mutating func makeRoom(_ count: Int) {
        guard unsafe room.count < count else { return }
        unsafe room.deallocate()
        unsafe room = .allocate(byteCount: count, alignment: 1)
    }

    private func ending(_ status: Int32, _ outputCount: UInt32) -> Ending {
        let left = unsafe stream.pointee.avail_out
        switch status {
        case Z_STREAM_END:
            return unsafe stream.pointee.avail_in == 0 ? .finished(Int(outputCount - left)) : .malformed
        case Z_OK, Z_BUF_ERROR: return left == 0 ? .full : .malformed
        default: return .malformed
        }
    }
}
