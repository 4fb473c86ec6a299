import Glibc

/// Room for packets that is made once, used again and again, and handed from thread to thread as a whole.
///
/// Packets are worked on in place; nothing is allocated for them.
@safe
package final class PacketBuffer: @unchecked Sendable {  // why: one thread at a time
    @usableFromInline let storage: UnsafeMutablePointer<UInt8>
    /// Octets of room.
    package let capacity: Int

    /// Room for `capacity` octets, all zero.
    package init(capacity: Int) {
        self.capacity = capacity
        // Memory that is never used is never made.
        guard let room = unsafe calloc(1, capacity) else { preconditionFailure("out of memory") }
        unsafe storage = room.assumingMemoryBound(to: UInt8.self)
    }

    deinit {
        unsafe free(storage)
    }

    /// Lets `body` read all of the room.
    @inlinable @inline(__always)
    package func withBytes<Value, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(unsafe Span(_unsafeStart: UnsafePointer(storage), count: capacity))
    }

    /// Lets `body` read and change all of the room.
    @inlinable @inline(__always)
    package func withMutableBytes<Value, Failure: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var span = unsafe MutableSpan(_unsafeStart: storage, count: capacity)
        return try body(&span)
    }

    /// Copies octets to `offset`; the room must suffice.
    package func write(_ bytes: [UInt8], at offset: Int) {
        withMutableBytes { target in target.copy(bytes.span, to: offset) }
    }

    /// Copies a part of another buffer to `offset`; the room must suffice.
    package func copy(_ range: Range<Int>, of source: PacketBuffer, to offset: Int) {
        source.withBytes { bytes in
            withMutableBytes { target in target.copy(bytes.extracting(range), to: offset) }
        }
    }

    /// A part of it as the kernel takes it; the pointer is good as long as the buffer.
    func piece(_ range: Range<Int>) -> iovec {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "piece outside the buffer")
        return unsafe iovec(iov_base: storage + range.lowerBound, iov_len: range.count)
    }
}

extension MutableSpan where Element == UInt8 {
    /// Copies octets to `offset`; they must fit.
    mutating func copy(_ source: Span<UInt8>, to offset: Int) {
        precondition(offset >= 0 && source.count <= count - offset, "copy outside the buffer")
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe (to + offset).copyMemory(from: from, byteCount: source.count)
            }
        }
    }
}
