import CLinux
package import IPsec

/// Room for the datagrams of one receive call, used again and again.
@safe
package struct DatagramBatch: ~Copyable, @unchecked Sendable {  // why: the storage has one owner
    private let storage: UnsafeMutablePointer<UInt8>
    private let stride: Int
    private let capacity: Int
    private var records: [linuxio_datagram]
    private var localPort: UInt16 = 0
    /// Datagrams received by the last call.
    package private(set) var count = 0

    /// Room for `capacity` datagrams, at most 64, of up to `maximumLength` octets.
    package init(capacity: Int = 32, maximumLength: Int = 65_536) {
        self.capacity = min(max(capacity, 1), 64)
        stride = maximumLength
        unsafe storage = .allocate(capacity: self.capacity * stride)
        records = Array(repeating: linuxio_datagram(), count: self.capacity)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// Receives what waits on a socket; returns the number of datagrams, 0 if none waits.
    mutating func receive(descriptor: Int32, localPort: UInt16) throws(SystemError) -> Int {
        self.localPort = localPort
        let limit = UInt32(capacity)
        let result = unsafe records.withUnsafeMutableBufferPointer { records in
            unsafe linuxio_receive(descriptor, storage, stride, records.baseAddress, limit)
        }
        count = 0
        count = Int(try SystemError.check(result, "recvmmsg"))
        return count
    }

    /// Both ends of datagram `index`; nil where the kernel did not tell them.
    package borrowing func path(_ index: Int) -> Path? {
        precondition(index < count)
        let record = records[index]
        guard let local = record.local.endpoint(port: localPort), let remote = record.remote.endpoint() else {
            return nil
        }
        return Path(local: local, remote: remote)
    }

    /// Whether datagram `index` was longer than the room for it.
    package borrowing func isTruncated(_ index: Int) -> Bool {
        precondition(index < count)
        return records[index].is_truncated != 0
    }

    /// The DSCP and ECN bits that datagram `index` came with.
    package borrowing func trafficClass(_ index: Int) -> UInt8 {
        precondition(index < count)
        return records[index].traffic_class
    }

    /// The octets of datagram `index`.
    package borrowing func bytes(_ index: Int) -> [UInt8] {
        unsafe Array(buffer(index))
    }

    /// Copies the octets of datagram `index` into `target`, which keeps its storage if it is large enough.
    package borrowing func copy(_ index: Int, into target: inout [UInt8]) {
        target.removeAll(keepingCapacity: true)
        unsafe target.append(contentsOf: buffer(index))
    }

    private borrowing func buffer(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(index < count)
        return unsafe UnsafeBufferPointer(
            start: storage + index * stride, count: min(Int(records[index].length), stride))
    }
}
