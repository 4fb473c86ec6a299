import CLinux
import Glibc
package import IPsec

/// A socket for packets of one IP protocol, whose IP header the kernel writes and, on IPv6, takes off.
///
/// A received IPv4 packet still has its IP header in front. Needs CAP_NET_RAW.
package final class RawSocket: Sendable {
    private let descriptor: FileDescriptor
    package let family: AddressFamily

    /// The protocol number of a socket that sends packets with IP headers of their own and receives nothing.
    package static let wholePackets: UInt8 = 255

    /// Opens a socket for an IP protocol number.
    package init(family: AddressFamily, protocol: UInt8) throws(SystemError) {
        descriptor = try FileDescriptor.socket(family.socketFamily, SOCK_RAW, Int32(`protocol`))
        self.family = family
        let result = linuxio_want_ancillary(descriptor.number, family.socketFamily)
        _ = try SystemError.check(result, "setsockopt IP_PKTINFO")
    }

    /// The number, for `poll` and socket options; it stays this socket's.
    package var number: Int32 { descriptor.number }

    /// Gives every packet sent a firewall mark, by which rules can tell them.
    package func setMark(_ mark: UInt32) throws(SystemError) {
        try DatagramSocket.setMark(mark, of: number)
    }

    /// Has every IPv6 packet tell the extension headers that it had (`ReceiveBatch.extensionHeaders`).
    package func receiveExtensionHeaders() throws(SystemError) {
        _ = try SystemError.check(linuxio_want_extensions(number), "setsockopt IPV6_RECVHOPOPTS")
    }

    /// Receives ICMP or ICMPv6 messages of one type alone; for a socket of one of these protocols.
    package func receiveOnly(type: UInt8) throws(SystemError) {
        let result = linuxio_want_icmp_type(number, family.socketFamily, type)
        _ = try SystemError.check(result, "setsockopt ICMP_FILTER")
    }

    /// Lets no router's report, which anybody may forge, change how long the kernel thinks that a path may be.
    package func ignorePathReports() throws(SystemError) {
        switch family {
        case .ipv4:
            try DatagramSocket.setOption(
                number, Int32(IPPROTO_IP), IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE, "IP_MTU_DISCOVER")
        case .ipv6:
            try DatagramSocket.setOption(
                number, Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER, IPV6_PMTUDISC_INTERFACE, "IPV6_MTU_DISCOVER")
        }
    }

    /// Asks for room for `octets` of packets that wait to be read, and to be sent; the kernel may give less.
    package func setBuffers(octets: Int32) {
        DatagramSocket.setBuffers(octets: octets, of: number)
    }

    /// Receives what waits, without waiting; returns the number of packets.
    ///
    /// Ports in their paths are 0.
    package func receive(into batch: inout DatagramBatch) throws(SystemError) -> Int {
        try batch.receive(descriptor: number, localPort: 0)
    }
}
