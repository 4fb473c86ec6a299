import IPsec
import LinuxIO
import Netlink
import Testing

@testable import InnerAddresses

@Suite("rtnetlink requests for addresses and routes")
struct AddressMessagesTests {
    /// The payload and the type of a request.
    private func encoded(_ request: NetlinkRequest) -> (type: UInt16, payload: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: request.encodedSize)
        unsafe bytes.withUnsafeMutableBytes { unsafe request.encode(into: $0, sequence: 1) }
        return (UInt16(bytes[4]) | UInt16(bytes[5]) << 8, Array(bytes.dropFirst(16)))
    }

    @Test("an address goes onto its device as a host, an IPv6 one without asking the link")
    func addresses() throws {
        let four = encoded(AddressMessages.addAddress(try #require(IPAddress("10.8.0.7")), on: 1))
        #expect(four.type == 20)
        #expect(
            four.payload == [
                2, 32, 0, 0, 1, 0, 0, 0, 8, 0, 1, 0, 10, 8, 0, 7, 8, 0, 2, 0, 10, 8, 0, 7,
            ])
        let six = encoded(AddressMessages.deleteAddress(try #require(IPAddress("fd08::7")), on: 1))
        #expect(six.type == 21)
        #expect(six.payload.prefix(8) == [10, 128, 2, 0, 1, 0, 0, 0])
        #expect(six.payload.count == 8 + 20 + 20)
    }

    @Test("a route has its gateway, its source and a table of its own")
    func routes() throws {
        let prefix = try #require(IPPrefix(IPAddress(family: .ipv4, value: 0x0a02_0000), length: 24))
        let gateway = try #require(IPAddress("192.0.2.254"))
        let way = AddressMessages.Way(device: 3, gateway: gateway)
        let source = try #require(IPAddress("10.8.0.7"))
        let (type, payload) = encoded(AddressMessages.addRoute(prefix, way, source: source))
        #expect(type == 24)
        #expect(payload.prefix(12) == [2, 24, 0, 0, 0, 4, 0, 1, 0, 0, 0, 0])
        #expect(payload.dropFirst(12).prefix(8) == [8, 0, 1, 0, 10, 2, 0, 0])
        #expect(payload.dropFirst(28).prefix(8) == [8, 0, 5, 0, 192, 0, 2, 254])
        #expect(payload.dropFirst(36).prefix(8) == [8, 0, 7, 0, 10, 8, 0, 7])
        let onLink = encoded(
            AddressMessages.addRoute(prefix, AddressMessages.Way(device: 3, gateway: nil), source: source))
        #expect(onLink.payload[6] == 253)
    }
}
