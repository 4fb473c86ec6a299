import CLinux
import Glibc
package import IPsec

/// A UDP socket of one family that tells the address each datagram came to and answers from it.
///
/// Receiving belongs to one thread; sending is allowed from any.
package final class DatagramSocket: Sendable {
    private let descriptor: FileDescriptor
    package let family: AddressFamily
    /// What the socket is bound to; the address is unspecified for a wildcard.
    package let local: Endpoint

    /// Binds a socket.
    ///
    /// - Parameters:
    ///   - address: the address to receive on; nil for every address of the family.
    ///   - port: host byte order; 0 lets the kernel choose.
    /// - Throws: with the owner of the port, or the missing privilege, in `advice`.
    package init(
        family: AddressFamily, address: IPAddress? = nil, port: UInt16, scope: UInt32 = 0
    ) throws(SystemError) {
        let wanted = Endpoint(address ?? .unspecified(family), port: port, scope: scope)
        let descriptor = try FileDescriptor.socket(family.socketFamily, SOCK_DGRAM, 0)
        try Self.configure(descriptor.number, family)
        var endpoint = linuxio_endpoint(wanted)
        let result = unsafe linuxio_bind(descriptor.number, &endpoint)
        guard result >= 0 else { throw Self.bindFailure(wanted, code: -result) }
        var bound = linuxio_endpoint.none
        _ = try SystemError.check(unsafe linuxio_local(descriptor.number, &bound), "getsockname")
        local = bound.endpoint() ?? wanted
        self.family = family
        self.descriptor = descriptor
    }

    /// The number, for `poll` and socket options; it stays this socket's.
    package var number: Int32 { descriptor.number }

    /// Receives what waits, without waiting; returns the number of datagrams.
    package func receive(into batch: inout DatagramBatch) throws(SystemError) -> Int {
        try batch.receive(descriptor: number, localPort: local.port)
    }

    /// Sends one datagram from the path's local address to its remote end.
    ///
    /// - Parameter trafficClass: DSCP and ECN bits; nil for the socket's own.
    package func send(_ bytes: [UInt8], along path: Path, trafficClass: UInt8? = nil) throws(SystemError) {
        try unsafe bytes.withUnsafeBufferPointer { bytes throws(SystemError) in
            try unsafe Self.send(bytes, from: path.local, to: path.remote, trafficClass, through: number)
        }
    }

    /// Sends octets through any datagram or raw socket; an unspecified local address lets the kernel choose.
    package static func send(
        _ bytes: UnsafeBufferPointer<UInt8>, from local: Endpoint, to remote: Endpoint,
        _ trafficClass: UInt8?,
        through descriptor: Int32
    ) throws(SystemError) {
        var source = local.address.isUnspecified ? linuxio_endpoint.none : linuxio_endpoint(local)
        var destination = linuxio_endpoint(remote)
        let result = unsafe linuxio_send(
            descriptor, bytes.baseAddress, bytes.count, &source, &destination,
            trafficClass.map(Int32.init) ?? -1)
        _ = try SystemError.check(result, "sendmsg to \(remote)")
    }

    /// Sends part of `buffer` through any datagram or raw socket, as the pointer form does.
    package static func send(
        _ buffer: [UInt8], _ range: Range<Int>, from local: Endpoint, to remote: Endpoint,
        trafficClass: UInt8?,
        through descriptor: Int32
    ) throws(SystemError) {
        try unsafe buffer[range].withUnsafeBufferPointer { bytes throws(SystemError) in
            try unsafe send(bytes, from: local, to: remote, trafficClass, through: descriptor)
        }
    }

    /// What a socket that somebody else opened is bound to.
    package static func local(of descriptor: Int32) throws(SystemError) -> Endpoint {
        var bound = linuxio_endpoint.none
        _ = try SystemError.check(unsafe linuxio_local(descriptor, &bound), "getsockname")
        guard let endpoint = bound.endpoint() else { throw SystemError("getsockname", code: EAFNOSUPPORT) }
        return endpoint
    }

    /// Gives every packet a socket sends a firewall mark, by which rules can tell them.
    ///
    /// Needs CAP_NET_ADMIN.
    package static func setMark(_ mark: UInt32, of descriptor: Int32) throws(SystemError) {
        try setOption(descriptor, SOL_SOCKET, SO_MARK, Int32(truncatingIfNeeded: mark), "SO_MARK")
    }

    /// Asks for room for `octets` that wait to be read, and to be sent; the kernel may give less.
    package static func setBuffers(octets: Int32, of descriptor: Int32) {
        for (forced, plain) in [(SO_RCVBUFFORCE, SO_RCVBUF), (SO_SNDBUFFORCE, SO_SNDBUF)]
        where linuxio_set_option(descriptor, SOL_SOCKET, forced, octets) < 0 {
            _ = linuxio_set_option(descriptor, SOL_SOCKET, plain, octets)
        }
    }

    private static func configure(_ number: Int32, _ family: AddressFamily) throws(SystemError) {
        if family == .ipv6 {
            try setOption(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1, "IPV6_V6ONLY")
        }
        let result = linuxio_want_ancillary(number, family.socketFamily)
        _ = try SystemError.check(result, "setsockopt IP_PKTINFO")
    }

    /// Sets an integer socket option; `name` is for the error.
    package static func setOption(
        _ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32, _ name: String
    ) throws(SystemError) {
        _ = try SystemError.check(linuxio_set_option(descriptor, level, option, value), "setsockopt \(name)")
    }

    private static func bindFailure(_ wanted: Endpoint, code: Int32) -> SystemError {
        let advice: String? =
            switch code {
            case EADDRINUSE:
                "port \(wanted.port) is taken by \(PortOwner.find(of: wanted) ?? "another program")"
            case EACCES:
                "ports below 1024 need root or CAP_NET_BIND_SERVICE"
            case EADDRNOTAVAIL:
                "no interface of this host has the address \(wanted.address)"
            default: nil
            }
        return SystemError("bind \(wanted)", code: code, advice: advice)
    }
}
