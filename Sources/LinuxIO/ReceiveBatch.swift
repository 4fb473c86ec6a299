import CLinux
import Glibc
package import IPsec

/// The datagrams of one receive call, each in a buffer of its own that may be exchanged for another.
///
/// What the kernel joined (`DatagramSocket.joinDatagrams`) stays together: a train of datagrams of one sender.
@safe
package struct ReceiveBatch: ~Copyable, @unchecked Sendable {  // why: the storage has one owner
    private let pieces: UnsafeMutablePointer<iovec>
    private let records: UnsafeMutablePointer<linuxio_datagram>
    private let headroom: Int
    /// One for each datagram; any of them may be replaced by another of the same capacity.
    package var buffers: [PacketBuffer]
    /// How many came with the last call.
    package private(set) var count = 0

    /// As many octets of IPv6 extension headers as a packet may have, for a batch with so much headroom for them.
    package static let extensionRoom = 384
    /// The most octets of one datagram or train.
    package static let maximumLength = 65_536

    /// Room for `capacity` datagrams, at most 64, each with `headroom` octets before it.
    package init(capacity: Int, headroom: Int) {
        let capacity = min(max(capacity, 1), 64)
        self.headroom = headroom
        buffers = (0..<capacity).map { _ in Self.buffer(headroom: headroom) }
        unsafe pieces = .allocate(capacity: capacity)
        unsafe records = .allocate(capacity: capacity)
        unsafe records.initialize(repeating: linuxio_datagram(), count: capacity)
    }

    deinit {
        unsafe pieces.deallocate()
        unsafe records.deallocate()
    }

    /// A buffer that fits into a batch with so much headroom.
    package static func buffer(headroom: Int) -> PacketBuffer {
        PacketBuffer(capacity: headroom + maximumLength)
    }

    /// Receives what waits on a socket, without waiting; returns the number of datagrams and trains.
    package mutating func receive(from descriptor: Int32) throws(SystemError) -> Int {
        count = 0
        for index in buffers.indices {
            unsafe pieces[index] = buffers[index].piece(headroom..<buffers[index].capacity)
        }
        let result = unsafe linuxio_receive_pieces(
            descriptor, pieces, records, UInt32(buffers.count), headroom)
        count = Int(try SystemError.check(result, "recvmmsg"))
        return count
    }

    /// Datagram or train `index`; nil if it was cut short, or the kernel did not tell its addresses.
    ///
    /// - Parameter localPort: what the socket is bound to; 0 for a raw socket.
    package borrowing func train(_ index: Int, localPort: UInt16) -> DatagramTrain? {
        precondition(index < count, "no such datagram")
        let record = unsafe records[index]
        guard record.is_truncated == 0, let local = record.local.endpoint(port: localPort),
            let remote = record.remote.endpoint()
        else { return nil }
        let length = min(Int(record.length), Self.maximumLength)
        return DatagramTrain(
            range: headroom..<headroom + length,
            segmentSize: record.segment_size == 0 ? length : Int(record.segment_size),
            path: Path(local: local, remote: remote), trafficClass: record.traffic_class)
    }

    /// The extension headers that packet `index` had; nil if it had none, or they were not asked for.
    package borrowing func extensionHeaders(_ index: Int) -> ExtensionHeaders? {
        precondition(index < count, "no such datagram")
        let record = unsafe records[index]
        guard record.extension_length > 0 else { return nil }
        return ExtensionHeaders(first: record.first_extension, count: Int(record.extension_length))
    }
}

/// IPv6 extension headers that the kernel took off a packet, one behind the other as on the wire.
package struct ExtensionHeaders: Equatable, Sendable {
    /// The protocol number of the first.
    package var first: UInt8
    /// Their octets, right before those of the packet.
    package var count: Int

    package init(first: UInt8, count: Int) {
        self.first = first
        self.count = count
    }
}

/// Datagrams of one sender that lie one behind the other in a buffer; mostly one.
package struct DatagramTrain: Sendable {
    /// Where they are in the buffer.
    package var range: Range<Int>
    /// Octets of each but the last, which may be shorter.
    package var segmentSize: Int
    package var path: Path
    /// The DSCP and ECN bits they came with.
    package var trafficClass: UInt8

    package init(range: Range<Int>, segmentSize: Int, path: Path, trafficClass: UInt8) {
        self.range = range
        self.segmentSize = segmentSize
        self.path = path
        self.trafficClass = trafficClass
    }

    /// Takes the next datagram off the front; nil when there is none left.
    package mutating func takeFirst() -> Range<Int>? {
        guard !range.isEmpty else { return nil }
        let end = segmentSize < range.count ? range.lowerBound + max(segmentSize, 1) : range.upperBound
        let first = range.lowerBound..<end
        range = end..<range.upperBound
        return first
    }
}

extension DatagramSocket {
    /// Asks that datagrams of one sender are joined where they come in a row; where the kernel cannot, they come singly.
    package static func joinDatagrams(_ descriptor: Int32) {
        _ = linuxio_join_datagrams(descriptor)
    }
}
