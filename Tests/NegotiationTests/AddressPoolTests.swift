import Credentials
import IPsec
import Testing

@testable import Negotiation

@Suite("Which address of a pool is whose")
struct AddressPoolTests {
    private static func address(_ last: UInt128) -> IPAddress {
        IPAddress(family: .ipv4, value: 0x0a09_0000 + last)
    }

    private static func pool(_ size: UInt128) throws -> AddressPool {
        AddressPool(try #require(TrafficSelector(first: address(1), last: address(size))))
    }

    private static func request(
        _ name: String, from outside: UInt128 = 0xc000_0201, isOnly: Bool = false, wants: [IPAddress] = []
    ) -> LeaseRequest {
        LeaseRequest(
            identity: .fqdn(name), remoteAddress: IPAddress(family: .ipv4, value: outside),
            isOnlyContact: isOnly, families: [.ipv4], preferred: wants)
    }

    @Test("who comes back gets what it had, and nobody else does while another is free")
    func sticky() throws {
        var pool = try Self.pool(3)
        #expect(pool.grant(Self.request("a")) == Self.address(1))
        pool.release(Self.address(1))
        #expect(pool.grant(Self.request("b")) == Self.address(2))
        #expect(pool.grant(Self.request("a", from: 0xc633_6401)) == Self.address(1))
        #expect(pool.owner(of: Self.address(1)) == .fqdn("a"))
    }

    @Test("a second device of an identity gets an address of its own, the same device the same one")
    func devices() throws {
        var pool = try Self.pool(3)
        #expect(pool.grant(Self.request("a")) == Self.address(1))
        #expect(pool.grant(Self.request("a", from: 0xc633_6401)) == Self.address(2))
        #expect(pool.grant(Self.request("a")) == Self.address(1))
        pool.release(Self.address(1))
        #expect(pool.held == 2)
        #expect(pool.grant(Self.request("a", from: 0xcb00_7101, isOnly: true)) == Self.address(1))
        pool.release(Self.address(1))
        pool.release(Self.address(1))
        pool.release(Self.address(1))
        #expect(pool.held == 1)
    }

    @Test("whoever has been away longest makes room, and nobody who is here")
    func eviction() throws {
        var pool = try Self.pool(2)
        _ = pool.grant(Self.request("a"))
        _ = pool.grant(Self.request("b"))
        #expect(pool.grant(Self.request("c")) == nil)
        pool.release(Self.address(2))
        pool.release(Self.address(1))
        #expect(pool.grant(Self.request("b")) == Self.address(2))
        #expect(pool.grant(Self.request("c")) == Self.address(1))
        #expect(pool.owner(of: Self.address(1)) == .fqdn("c"))
        #expect(pool.grant(Self.request("a", from: 1)) == nil)
    }

    @Test("a wish is granted where the address is in the range and nobody's")
    func wishes() throws {
        var pool = try Self.pool(9)
        #expect(pool.grant(Self.request("a", wants: [Self.address(7)])) == Self.address(7))
        #expect(pool.grant(Self.request("b", wants: [Self.address(7)])) == Self.address(1))
        #expect(pool.grant(Self.request("c", wants: [Self.address(200)])) == Self.address(2))
        #expect(pool.grant(Self.request("d", wants: [IPAddress(family: .ipv6, value: 1)])) == Self.address(3))
    }

    @Test("what was restored belongs to whom it did, and is the first to go")
    func restored() throws {
        var pool = try Self.pool(2)
        pool.restore(Self.address(2), of: .fqdn("a"))
        pool.restore(Self.address(77), of: .fqdn("b"))
        #expect(pool.owner(of: Self.address(77)) == nil)
        #expect(pool.grant(Self.request("c")) == Self.address(1))
        #expect(pool.grant(Self.request("d")) == Self.address(2))
        #expect(pool.grant(Self.request("a")) == nil)
    }

    @Test("another range keeps whom it has room for, and who is here until it leaves")
    func moved() throws {
        var pool = try Self.pool(9)
        _ = pool.grant(Self.request("a"))
        _ = pool.grant(Self.request("b"))
        pool.release(Self.address(2))
        pool.move(to: try #require(TrafficSelector(first: Self.address(2), last: Self.address(4))))
        #expect(pool.owner(of: Self.address(1)) == .fqdn("a"))
        #expect(pool.grant(Self.request("b")) == Self.address(2))
        #expect(pool.grant(Self.request("c")) == Self.address(3))
        pool.release(Self.address(1))
        #expect(pool.grant(Self.request("a")) != nil)
    }

    @Test("a pool serves many who come and go without growing")
    func churn() throws {
        var pool = try Self.pool(4)
        for round in 0..<2000 {
            let address = pool.grant(Self.request("\(round)"))
            pool.release(try #require(address))
        }
        #expect(pool.held == 0)
    }

    @Test("one who comes and goes for ever costs nothing either")
    func comingAndGoing() throws {
        var pool = try Self.pool(200)
        for _ in 0..<2000 {
            #expect(pool.grant(Self.request("a")) == Self.address(1))
            pool.release(Self.address(1))
        }
        #expect(pool.rememberedAbsences <= 65)
    }

    @Test("an address that is not in the range any more is nobody's once it is given back")
    func leftBehind() throws {
        var pool = try Self.pool(1)
        _ = pool.grant(Self.request("a"))
        pool.move(to: try #require(TrafficSelector(first: Self.address(2), last: Self.address(2))))
        pool.release(Self.address(1))
        #expect(pool.owner(of: Self.address(1)) == nil)
        #expect(pool.grant(Self.request("b")) == Self.address(2))
        #expect(pool.grant(Self.request("c")) == nil)
        #expect(pool.grant(Self.request("a")) == nil)
    }

    @Test("the very last address there is ends a pool, and nothing overflows")
    func lastOfAll() throws {
        let last = IPAddress(family: .ipv6, value: .max)
        var pool = AddressPool(TrafficSelector(IPPrefix(host: last)))
        #expect(pool.grant(Self.request("a")) == last)
        #expect(pool.grant(Self.request("b")) == nil)
    }
}
