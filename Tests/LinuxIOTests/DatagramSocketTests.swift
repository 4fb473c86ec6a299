import Glibc
import IPsec
import LinuxIO
import Testing

/// Sockets on the loopback interface; every address of 127/8 is this host's.
@Suite struct DatagramSocketTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private func receive(_ socket: DatagramSocket, atLeast count: Int) throws -> [([UInt8], Path)] {
        var batch = DatagramBatch(capacity: 8, maximumLength: 2048)
        var received: [([UInt8], Path)] = []
        while received.count < count {
            var poller = Poller()
            _ = poller.watch(socket.number)
            let woke = try poller.wait(.seconds(5))
            try #require(woke)
            for index in 0..<(try socket.receive(into: &batch)) {
                let path = batch.path(index)
                received.append((batch.bytes(index), try #require(path)))
            }
        }
        return received
    }

    @Test(arguments: ["127.0.0.1", "127.7.7.7", "::1"])
    func answersLeaveFromTheAddressAsked(asked: String) throws {
        let asked = try address(asked)
        let server = try DatagramSocket(family: asked.family, port: 0)
        let loopback = try address(asked.family == .ipv4 ? "127.0.0.1" : "::1")
        let client = try DatagramSocket(family: asked.family, address: loopback, port: 0)
        let there = Path(local: client.local, remote: Endpoint(asked, port: server.local.port))
        try client.send([1, 2, 3], along: there)

        let (question, path) = try #require(try receive(server, atLeast: 1).first)
        #expect(question == [1, 2, 3])
        #expect(path == Path(local: there.remote, remote: client.local))

        try server.send([4], along: path)
        let (answer, back) = try #require(try receive(client, atLeast: 1).first)
        #expect(answer == [4])
        #expect(back.remote == there.remote)
    }

    @Test func batchesKeepOrderAndBoundaries() throws {
        let loopback = try address("127.0.0.1")
        let server = try DatagramSocket(family: .ipv4, address: loopback, port: 0)
        let client = try DatagramSocket(family: .ipv4, address: loopback, port: 0)
        let path = Path(local: client.local, remote: server.local)
        for number in UInt8(0)..<20 {
            try client.send(Array(repeating: number, count: Int(number)), along: path)
        }
        let received = try receive(server, atLeast: 20).map(\.0)
        #expect(received == (UInt8(0)..<20).map { Array(repeating: $0, count: Int($0)) })
    }

    @Test func tooLongIsMarked() throws {
        let loopback = try address("127.0.0.1")
        let server = try DatagramSocket(family: .ipv4, address: loopback, port: 0)
        try server.send(
            Array(repeating: 7, count: 100), along: Path(local: server.local, remote: server.local))
        var batch = DatagramBatch(capacity: 1, maximumLength: 64)
        let count = try server.receive(into: &batch)
        let truncated = batch.isTruncated(0)
        let length = batch.bytes(0).count
        #expect(count == 1 && truncated && length == 64)
    }

    @Test func aTakenPortNamesItsOwner() throws {
        let loopback = try address("127.0.0.1")
        let first = try DatagramSocket(family: .ipv4, address: loopback, port: 0)
        let error = #expect(throws: SystemError.self) {
            try DatagramSocket(family: .ipv4, address: loopback, port: first.local.port)
        }
        let text = try #require(error).description
        #expect(text.contains("Address already in use; port \(first.local.port) is taken by "))
        #expect(text.hasSuffix("(process \(getpid()))"))
    }

    @Test func anAddressThatIsNotOursIsNamed() throws {
        let error = #expect(throws: SystemError.self) {
            try DatagramSocket(family: .ipv4, address: IPAddress("192.0.2.99"), port: 0)
        }
        #expect(error?.code == EADDRNOTAVAIL)
        #expect(error?.advice == "no interface of this host has the address 192.0.2.99")
    }

    @Test func familiesShareAPort() throws {
        let first = try DatagramSocket(family: .ipv4, port: 0)
        let second = try DatagramSocket(family: .ipv6, port: first.local.port)
        #expect(first.local.port == second.local.port)
    }

    @Test func theRoutingTableChoosesOurAddress() throws {
        #expect(try LocalAddress.towards(address("127.0.0.1")) == address("127.0.0.1"))
        #expect(try LocalAddress.towards(address("::1")) == address("::1"))
        #expect(try LocalAddress.pathMTU(towards: address("127.0.0.1")) >= 1280)
    }

    @Test func theRouteIsAskedForWithAPreparedSocket() throws {
        var wasConnected: Bool?
        _ = try LocalAddress.towards(address("127.0.0.1")) { descriptor in
            wasConnected = unsafe send(descriptor, [0], 1, 0) == 1 || errno != EDESTADDRREQ
        }
        #expect(wasConnected == false)
    }
}
