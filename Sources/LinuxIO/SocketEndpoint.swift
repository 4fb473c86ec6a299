import CLinux
import Glibc
import IPsec

extension AddressFamily {
    /// The kernel's number for the family.
    package var socketFamily: Int32 { self == .ipv4 ? AF_INET : AF_INET6 }
    var optionLevel: Int32 { Int32(self == .ipv4 ? IPPROTO_IP : IPPROTO_IPV6) }
}

extension linuxio_endpoint {
    /// No address: the kernel chooses.
    static let none = linuxio_endpoint(high: 0, low: 0, scope: 0, port: 0, family: 0)

    init(_ endpoint: Endpoint) {
        self.init(
            high: UInt64(truncatingIfNeeded: endpoint.address.value >> 64),
            low: UInt64(truncatingIfNeeded: endpoint.address.value), scope: endpoint.scope,
            port: endpoint.port,
            family: UInt16(endpoint.address.family.socketFamily))
    }

    /// The endpoint, with `port` where the kernel told none; nil where it told no address.
    func endpoint(port given: UInt16 = 0) -> Endpoint? {
        let families: [AddressFamily] = [.ipv4, .ipv6]
        guard let found = families.first(where: { $0.socketFamily == Int32(family) }) else { return nil }
        let address = IPAddress(family: found, value: UInt128(high) << 64 | UInt128(low))
        return Endpoint(address, port: port == 0 ? given : port, scope: scope)
    }
}
