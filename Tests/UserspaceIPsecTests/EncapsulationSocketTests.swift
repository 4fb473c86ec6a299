import IPsec
import LinuxIO
import Testing

@testable import UserspaceIPsec

@Suite struct EncapsulationSocketTests {
    @Test func theBestFittingSocketSends() throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let other = try #require(IPAddress("127.0.0.2"))
        let bound = try DatagramSocket(family: .ipv4, address: loopback, port: 0)
        let wildcard = try DatagramSocket(family: .ipv4, port: 0)
        let sockets = try [bound, wildcard].map {
            try EncapsulationSocket(duplicating: $0.number) { _, _ in }
        }
        var snapshot = Snapshot()
        for socket in sockets { snapshot.add(socket) }
        func port(_ address: IPAddress, _ port: UInt16) -> UInt16? {
            snapshot.socket(for: Endpoint(address, port: port))?.local.port
        }
        #expect(port(loopback, bound.local.port) == bound.local.port)
        #expect(port(loopback, wildcard.local.port) == wildcard.local.port, "the port counts most")
        #expect(port(loopback, 4500) == bound.local.port, "then the address")
        #expect(port(other, 4500) == wildcard.local.port, "and a socket of another address is none")
        #expect(port(.unspecified(.ipv6), 4500) == nil)
    }
}
