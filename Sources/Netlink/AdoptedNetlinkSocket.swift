import Glibc
import Wire

/// A netlink socket that another process opened and gave us; nothing that it does to it can make us wait.
///
/// The kernel carries requests out within the call that sends them, so their answers are there when it returns, or
/// have been taken away. It acts with the rights of both who opened the socket and who sends.
@safe
package final class AdoptedNetlinkSocket {
    /// The descriptor, for poll; it stays the socket's.
    package let descriptor: Int32
    /// The network namespace that the socket is in, as the kernel numbers them (SO_NETNS_COOKIE).
    package let namespace: UInt64
    private let buffer: UnsafeMutableRawPointer
    private static let capacity = 256 * 1024
    /// Messages that nobody asked for which are thrown away before a request.
    private static let staleLimit = 256

    /// Takes over a descriptor, which is closed with the socket.
    ///
    /// - Throws: where it is no socket of the family.
    package init(owning descriptor: Int32, _ family: NetlinkFamily) throws(NetlinkRefusal) {
        unsafe buffer = .allocate(byteCount: Self.capacity, alignment: 16)
        self.descriptor = descriptor
        let type = Self.option(descriptor, SO_TYPE, Int32.self) ?? 0
        guard Self.option(descriptor, SO_DOMAIN, Int32.self) == AF_NETLINK,
            Self.option(descriptor, SO_PROTOCOL, Int32.self) == family.rawValue,
            type == Int32(SOCK_RAW.rawValue) || type == Int32(SOCK_DGRAM.rawValue),
            let cookie = Self.option(descriptor, Self.namespaceOption, UInt64.self)
        else {
            namespace = 0
            throw NetlinkRefusal(code: EINVAL, explanation: "a netlink socket was expected")
        }
        namespace = cookie
        var address = Self.kernel
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, Self.addressSize)
            }
        }
        guard connected == 0 else { throw NetlinkRefusal(code: errno) }
    }

    deinit {
        _ = close(descriptor)
        unsafe buffer.deallocate()
    }

    /// SO_NETNS_COOKIE, Linux 5.14; newer than some headers.
    private static let namespaceOption: Int32 = 71

    private static func option<Value: FixedWidthInteger>(
        _ descriptor: Int32, _ name: Int32, _ type: Value.Type
    ) -> Value? {
        var value = Value.zero
        var size = socklen_t(MemoryLayout<Value>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }

    /// Carries out a request.
    ///
    /// - Parameters:
    ///   - sequence: copied, like `port`, into the event that tells of what was done.
    ///   - reply: called with what answers the request, in order; the bytes are lent.
    package func carryOut(
        _ request: NetlinkRequest, sequence: UInt32, port: UInt32,
        reply: (NetlinkHeader, Span<UInt8>) -> Void = { _, _ in }
    ) throws(NetlinkRefusal) {
        discardStale()
        try send(request, sequence: sequence, port: port)
        var outcome: NetlinkRefusal??
        while outcome == nil {
            let isThere = try receive { header, payload in
                guard outcome == nil, header.sequence == sequence else { return }
                switch header.type {
                case NetlinkControl.error, NetlinkControl.done:
                    outcome = .some(Self.refusal(header, payload))
                case NetlinkControl.firstProtocolType...: reply(header, payload)
                default: break
                }
            }
            guard isThere else { throw NetlinkRefusal(code: EIO, explanation: "the answer was taken away") }
        }
        if let refusal = outcome ?? nil { throw refusal }
    }

    private static func refusal(_ header: NetlinkHeader, _ payload: Span<UInt8>) -> NetlinkRefusal? {
        do throws(WireError) {
            return try NetlinkRefusal.decode(header, payload)
        } catch {
            return NetlinkRefusal(code: EBADMSG)
        }
    }

    private func discardStale() {
        for _ in 0..<Self.staleLimit {
            guard unsafe recv(descriptor, buffer, Self.capacity, Int32(MSG_DONTWAIT)) >= 0 else { return }
        }
    }

    private func send(
        _ request: NetlinkRequest, sequence: UInt32, port: UInt32
    ) throws(NetlinkRefusal) {
        let size = request.encodedSize
        guard size <= Self.capacity else { throw NetlinkRefusal(code: EMSGSIZE) }
        unsafe request.encode(
            into: UnsafeMutableRawBufferPointer(start: buffer, count: size), sequence: sequence, port: port,
            isAcknowledged: true)
        // Without an address: with one the kernel would not ask for the rights of who opened the socket. To the kernel, as
        // it was connected; who connects it elsewhere meanwhile gets the request that it made itself.
        let sent = unsafe Glibc.send(descriptor, buffer, size, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        let code = errno
        unsafe explicit_bzero(buffer, size)
        guard sent >= 0 else { throw NetlinkRefusal(code: code) }
    }

    /// Takes one datagram that waits and lends its messages to `body`; false where none does.
    ///
    /// What others than the kernel send is thrown away.
    ///
    /// - Throws: `ENOBUFS` where messages were lost.
    package func receive(_ body: (NetlinkHeader, Span<UInt8>) -> Void) throws(NetlinkRefusal) -> Bool {
        var sender = Self.kernel
        let count = unsafe withUnsafeMutablePointer(to: &sender) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                var size = Self.addressSize
                return unsafe recvfrom(descriptor, buffer, Self.capacity, Int32(MSG_DONTWAIT), $0, &size)
            }
        }
        guard count >= 0 else {
            switch errno {
            case EAGAIN, EINTR: return false
            case let code: throw NetlinkRefusal(code: code)
            }
        }
        guard sender.port == 0 else { return true }
        let bytes = unsafe UnsafeRawBufferPointer(start: buffer, count: count)
        try? unsafe bytes.assumingMemoryBound(to: UInt8.self).span
            .forEachNetlinkMessage { header, payload throws(WireError) in body(header, payload) }
        unsafe explicit_bzero(buffer, count)
        return true
    }

    /// sockaddr_nl.
    private struct Address {
        var family = UInt16(AF_NETLINK)
        var padding: UInt16 = 0
        /// 0 for the kernel.
        var port: UInt32 = 0
        var groups: UInt32 = 0
    }

    private static var kernel: Address { Address() }
    private static var addressSize: socklen_t { socklen_t(MemoryLayout<Address>.size) }

    /// Makes the socket one that hears events; it may be bound already.
    package func bind() {
        // The kernel chooses the port.
        var address = Self.kernel
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe Glibc.bind(descriptor, $0, Self.addressSize)
            }
        }
    }

    /// Room for events that wait, octets; past the system's limit where we may.
    package func setReceiveSpace(_ size: Int32) {
        var size = size
        let width = socklen_t(MemoryLayout<Int32>.size)
        if unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, width) != 0 {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, width)
        }
    }

    /// Hears a multicast group, or no more.
    package func hear(_ isWanted: Bool, group: UInt32) throws(NetlinkRefusal) {
        var group = group
        let (netlinkLevel, join, leave): (Int32, Int32, Int32) = (270, 1, 2)
        let option = isWanted ? join : leave
        let size = socklen_t(MemoryLayout<UInt32>.size)
        guard unsafe setsockopt(descriptor, netlinkLevel, option, &group, size) == 0 else {
            throw NetlinkRefusal(code: errno)
        }
    }
}
