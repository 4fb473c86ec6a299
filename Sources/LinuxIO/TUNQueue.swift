import CLinux
import Glibc

/// One of the queues of a TUN device; reading and writing belong to one thread.
package final class TUNQueue: Sendable {
    private let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) {
        // Without, every packet comes whole and with its checksum, which is slower and no less right.
        _ = linuxio_tun_set_offload(descriptor.number)
        self.descriptor = descriptor
    }

    /// The number, for `poll`; it stays this queue's.
    package var number: Int32 { descriptor.number }

    /// Reads one packet, with its `VirtioHeader` in front, into `buffer` from `offset` on; nil when none waits.
    ///
    /// - Returns: how many octets came.
    package func read(into buffer: PacketBuffer, at offset: Int) throws(SystemError) -> Int? {
        let room = unsafe buffer.piece(offset..<buffer.capacity)
        let count = unsafe Glibc.read(number, room.iov_base, room.iov_len)
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw SystemError("read from a TUN device") }
        return nil
    }

    /// Hands packets to the host, as if they had come in through the interface, and forgets them.
    ///
    /// - Returns: how many the kernel refused.
    package func write(_ packets: inout Coalescer, from buffers: [PacketBuffer]) -> Int {
        var refused = 0
        for index in 0..<packets.count where !write(&packets, index, from: buffers) { refused += 1 }
        packets.removeAll()
        return refused
    }

    private func write(_ packets: inout Coalescer, _ index: Int, from buffers: [PacketBuffer]) -> Bool {
        let (header, octets) = packets.finish(index)
        let capacity = packets.pieceCount(index) + 2
        return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: capacity) { pieces in
            var count = 2
            packets.forEachPiece(index) { piece in
                unsafe pieces[count] = buffers[piece.source].piece(piece.range)
                count += 1
            }
            return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: VirtioHeader.count) {
                front in
                var span = unsafe MutableSpan(_unsafeElements: front)
                for place in 0..<VirtioHeader.count { span[place] = 0 }
                header.write(to: &span, at: 0)
                unsafe pieces[0] = iovec(iov_base: front.baseAddress, iov_len: front.count)
                return packets.withHeaders { headers in
                    unsafe headers.extracting(octets).withUnsafeBytes { own in
                        unsafe pieces[1] = iovec(
                            iov_base: UnsafeMutableRawPointer(mutating: own.baseAddress), iov_len: own.count)
                        return unsafe writev(number, pieces.baseAddress, Int32(count)) >= 0
                    }
                }
            }
        }
    }
}
