import CLibmnl
import Glibc

/// A netlink socket with its buffers, used by one thread at a time.
@safe
package final class NetlinkSocket: @unchecked Sendable {  // why: handed to one thread, which alone uses it
    private let handle: OpaquePointer
    private let receiveBuffer: UnsafeMutableRawPointer
    private let sendBuffer: UnsafeMutableRawPointer
    /// Octets of `sendBuffer` that wait for `flush`.
    private var waiting = 0
    /// Where the last of them starts.
    private var last = 0

    /// What one receive gave.
    package enum Reception {
        case datagram
        /// The time limit passed, or nothing is there to be had without waiting.
        case nothing
        /// Messages were lost, for want of buffer space.
        case overrun
        case failed(NetlinkRefusal)
    }

    /// Octets that one datagram of requests may have.
    static let sendCapacity = 32 * 1024
    /// The kernel fills up to this much of a dump at a time.
    private static let receiveCapacity = 64 * 1024

    /// Opens and binds a socket whose errors carry the kernel's explanations.
    package init(_ family: NetlinkFamily) throws(NetlinkRefusal) {
        guard let handle = unsafe mnl_socket_open2(family.rawValue, Int32(SOCK_CLOEXEC.rawValue)) else {
            throw NetlinkRefusal(code: errno)
        }
        guard unsafe mnl_socket_bind(handle, 0, 0) == 0 else {
            let code = errno
            _ = unsafe mnl_socket_close(handle)
            throw NetlinkRefusal(code: code)
        }
        unsafe self.handle = handle
        unsafe receiveBuffer = .allocate(byteCount: Self.receiveCapacity, alignment: 16)
        unsafe sendBuffer = .allocate(byteCount: Self.sendCapacity, alignment: 16)
        // Older kernels lack these two; errors then come without words.
        _ = setOption(.extendedAcknowledgement, 1)
        _ = setOption(.cappedAcknowledgement, 1)
    }

    deinit {
        _ = unsafe mnl_socket_close(handle)
        unsafe receiveBuffer.deallocate()
        unsafe sendBuffer.deallocate()
    }

    /// The descriptor, for poll; it stays the socket's.
    var descriptor: Int32 { unsafe mnl_socket_get_fd(handle) }

    /// Asks for a multicast group's messages; the socket is bound already, for one that never was gets none.
    package func join(group: UInt32) throws(NetlinkRefusal) {
        guard setOption(.addMembership, group) else { throw NetlinkRefusal(code: errno) }
    }

    /// Makes room for `size` octets of waiting messages, past the system's limit where we may.
    package func setReceiveSpace(_ size: Int32) {
        var size = size
        let width = socklen_t(MemoryLayout<Int32>.size)
        if unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, width) != 0 {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, width)
        }
    }

    /// How long a receive waits for an answer.
    func setPatience(seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Puts a request behind those that wait for `flush`; false when there is no room for it.
    func append(_ request: NetlinkRequest, sequence: UInt32) -> Bool {
        let room = Self.sendCapacity - waiting
        guard request.encodedSize <= room else { return false }
        unsafe request.encode(
            into: UnsafeMutableRawBufferPointer(start: sendBuffer + waiting, count: room),
            sequence: sequence)
        last = waiting
        waiting += request.encodedSize
        return true
    }

    /// Sends the requests that wait in one datagram, and wipes them here.
    ///
    /// Of those that succeed the kernel acknowledges the last alone: it comes after all refusals.
    func flush() throws(NetlinkRefusal) {
        let length = waiting
        let flags = last + NetlinkControl.flagsOffset
        unsafe sendBuffer.storeBytes(
            of: sendBuffer.load(fromByteOffset: flags, as: UInt16.self) | NetlinkFlag.acknowledge,
            toByteOffset: flags, as: UInt16.self)
        waiting = 0
        defer { unsafe explicit_bzero(sendBuffer, length) }
        while unsafe mnl_socket_sendto(handle, sendBuffer, length) < 0 {
            guard errno == EINTR else { throw NetlinkRefusal(code: errno) }
        }
    }

    /// Receives one datagram and lends it to `body`; what it held is wiped afterwards (answers carry keys).
    package func receive(_ body: (Span<UInt8>) -> Void) -> Reception {
        var count = unsafe mnl_socket_recvfrom(handle, receiveBuffer, Self.receiveCapacity)
        while count < 0, errno == EINTR {
            count = unsafe mnl_socket_recvfrom(handle, receiveBuffer, Self.receiveCapacity)
        }
        if count < 0 {
            switch errno {
            case EAGAIN: return .nothing
            case ENOBUFS, ENOSPC: return .overrun
            case let code: return .failed(NetlinkRefusal(code: code))
            }
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: receiveBuffer, count: count)
        unsafe body(bytes.assumingMemoryBound(to: UInt8.self).span)
        unsafe explicit_bzero(receiveBuffer, count)
        return .datagram
    }

    /// Options of the netlink level.
    private enum Option: Int32 {
        case addMembership = 1
        case cappedAcknowledgement = 10
        case extendedAcknowledgement = 11
    }

    private func setOption(_ option: Option, _ value: UInt32) -> Bool {
        var value = value
        return unsafe mnl_socket_setsockopt(
            handle, option.rawValue, &value, socklen_t(MemoryLayout<UInt32>.size)) == 0
    }
}
