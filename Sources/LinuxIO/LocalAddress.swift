import CLinux
import Glibc
package import IPsec

/// Which of our addresses the routing table chooses.
package enum LocalAddress {
    /// Our address for packets to `remote`, as a connected socket would use it.
    ///
    /// - Parameters:
    ///   - mark: the firewall mark the packets will carry, which may choose their route.
    ///   - prepare: called with the socket before it asks; to the kernel's IPsec a connection is a packet, which
    ///     would begin a negotiation where a policy covers it.
    /// - Throws: `ENETUNREACH` when there is no route.
    package static func towards(
        _ remote: IPAddress, scope: UInt32 = 0, mark: UInt32 = 0, prepare: (Int32) -> Void = { _ in }
    ) throws(SystemError) -> IPAddress {
        let probe = try connected(to: remote, scope: scope, mark: mark, prepare)
        var local = linuxio_endpoint.none
        _ = try SystemError.check(unsafe linuxio_local(probe.number, &local), "getsockname")
        guard let endpoint = local.endpoint() else { throw SystemError("getsockname", code: EAFNOSUPPORT) }
        return endpoint.address
    }

    /// The largest packet, in octets, that reaches `remote` as far as the kernel knows.
    ///
    /// - Parameter mark: the firewall mark the packets will carry, which may choose their route.
    package static func pathMTU(towards remote: IPAddress, mark: UInt32 = 0) throws(SystemError) -> Int {
        let probe = try connected(to: remote, mark: mark)
        var value: Int32 = 0
        let option = remote.family == .ipv4 ? IP_MTU : IPV6_MTU
        let result = unsafe linuxio_get_option(probe.number, remote.family.optionLevel, option, &value)
        _ = try SystemError.check(result, "getsockopt IP_MTU")
        return Int(value)
    }

    /// Every address of this host's interfaces, in the order the kernel lists them.
    package static func all() throws(SystemError) -> [IPAddress] {
        try interfaces().map(\.address)
    }

    /// Every address of this host with the name of its interface, in the order the kernel lists them.
    package static func interfaces() throws(SystemError) -> [(name: String, address: IPAddress)] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { throw SystemError("getifaddrs") }
        defer { unsafe freeifaddrs(list) }
        var addresses: [(name: String, address: IPAddress)] = []
        var next = unsafe list
        while let item = unsafe next {
            if let address = unsafe address(item.pointee.ifa_addr) {
                addresses.append((unsafe String(cString: item.pointee.ifa_name), address))
            }
            unsafe next = item.pointee.ifa_next
        }
        return addresses
    }

    private static func address(_ pointer: UnsafeMutablePointer<sockaddr>?) -> IPAddress? {
        guard let pointer = unsafe pointer else { return nil }
        let offset: Int
        let count: Int
        switch Int32(unsafe pointer.pointee.sa_family) {
        case AF_INET: (offset, count) = (4, 4)
        case AF_INET6: (offset, count) = (8, 16)
        default: return nil
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(pointer) + offset, count: count)
        return unsafe IPAddress(bytes: Array(bytes))
    }

    private static func connected(
        to remote: IPAddress, scope: UInt32 = 0, mark: UInt32 = 0, _ prepare: (Int32) -> Void = { _ in }
    ) throws(SystemError) -> FileDescriptor {
        let probe = try FileDescriptor.socket(remote.family.socketFamily, SOCK_DGRAM, 0)
        prepare(probe.number)
        if mark != 0 {
            try DatagramSocket.setOption(
                probe.number, SOL_SOCKET, SO_MARK, Int32(truncatingIfNeeded: mark), "SO_MARK")
        }
        // The port plays no part in the choice: nothing is sent.
        var endpoint = linuxio_endpoint(Endpoint(remote, port: 500, scope: scope))
        _ = try SystemError.check(unsafe linuxio_connect(probe.number, &endpoint), "route to \(remote)")
        return probe
    }
}
