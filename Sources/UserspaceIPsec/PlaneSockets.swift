import IPsec
import LinuxIO

/// The raw sockets of the plane: ESP in and out, and whole packets that a policy lets pass in clear.
///
/// All of them carry the mark, so that what they send is not routed into the TUN device again.
final class PlaneSockets: Sendable {
    let esp4: RawSocket
    /// nil on a host without IPv6.
    let esp6: RawSocket?
    private let whole4: RawSocket
    private let whole6: RawSocket?

    /// For AH, IPComp, and IP in IP that an IPComp tunnel did not compress.
    let layered: [LayeredSocket]

    /// For the ICMP errors of routers that our packets are too long for.
    let reports: [LayeredSocket]

    private static let espProtocol: UInt8 = 50
    private static let buffers: Int32 = 8 << 20

    init() throws(SystemError) {
        esp4 = try Self.socket(.ipv4, Self.espProtocol)
        esp6 = try? Self.socket(.ipv6, Self.espProtocol)
        whole4 = try Self.socket(.ipv4, RawSocket.wholePackets)
        whole6 = try? Self.socket(.ipv6, RawSocket.wholePackets)
        var layered: [LayeredSocket] = []
        for number in LayeredSocket.protocols {
            layered.append(LayeredSocket(number, try Self.socket(.ipv4, number)))
            guard let socket = try? Self.socket(.ipv6, number) else { continue }
            if number == SecurityProtocol.ah.rawValue { try socket.receiveExtensionHeaders() }
            layered.append(LayeredSocket(number, socket))
        }
        self.layered = layered
        var reports = [LayeredSocket(1, try Self.socket(.ipv4, 1))]
        try reports[0].socket.receiveOnly(type: 3)
        if let socket = try? Self.socket(.ipv6, 58) {
            try socket.receiveOnly(type: 2)
            reports.append(LayeredSocket(58, socket))
        }
        self.reports = reports
    }

    func esp(_ family: AddressFamily) -> RawSocket? { family == .ipv4 ? esp4 : esp6 }
    func whole(_ family: AddressFamily) -> RawSocket? { family == .ipv4 ? whole4 : whole6 }

    private static func socket(_ family: AddressFamily, _ number: UInt8) throws(SystemError) -> RawSocket {
        let socket = try RawSocket(family: family, protocol: number)
        try socket.setMark(RouteMessages.mark)
        // What they send is as long as we know the path to be.
        try socket.ignorePathReports()
        if number == espProtocol { socket.setBuffers(octets: buffers) }
        return socket
    }
}
