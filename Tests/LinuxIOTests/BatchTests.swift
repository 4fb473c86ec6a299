import Glibc
import IPsec
import Testing

@testable import LinuxIO

/// Batches over the loopback interface, which joins and cuts trains itself.
@Suite struct BatchTests {
    private struct Pair {
        let sender: DatagramSocket
        let receiver: DatagramSocket

        init() throws {
            let loopback = try #require(IPAddress("127.0.0.1"))
            sender = try DatagramSocket(family: .ipv4, address: loopback, port: 0)
            receiver = try DatagramSocket(family: .ipv4, address: loopback, port: 0)
            DatagramSocket.joinDatagrams(receiver.number)
        }

        func route(trafficClass: UInt8 = 0) -> TransmitBatch.Route {
            TransmitBatch.Route(
                descriptor: sender.number, isUDP: true, local: sender.local, remote: receiver.local,
                trafficClass: trafficClass)
        }

        func receive(_ wanted: Int) throws -> [[UInt8]] {
            var batch = ReceiveBatch(capacity: 4, headroom: 5)
            var datagrams: [[UInt8]] = []
            while datagrams.count < wanted {
                var poller = Poller()
                _ = poller.watch(receiver.number)
                let woke = try poller.wait(.seconds(5))
                try #require(woke)
                for index in 0..<(try batch.receive(from: receiver.number)) {
                    let found = batch.train(index, localPort: receiver.local.port)
                    var train = try #require(found)
                    #expect(train.path == Path(local: receiver.local, remote: sender.local))
                    while let range = train.takeFirst() {
                        datagrams.append(batch.buffers[index].withBytes { bytes in range.map { bytes[$0] } })
                    }
                }
            }
            return datagrams
        }
    }

    private func send(_ datagrams: [[UInt8]], _ batch: inout TransmitBatch, _ route: TransmitBatch.Route) {
        for datagram in datagrams {
            batch.makeRoom(datagram.count + 7)
            batch.buffer.write(datagram, at: batch.start + 7)
            batch.append(
                batch.start + 7..<batch.start + 7 + datagram.count, to: route,
                end: batch.start + 7 + datagram.count)
        }
        batch.flush()
    }

    @Test(arguments: [
        [100], [100, 100, 100], [100, 100, 40], [100, 40, 40, 200], [1, 1, 1], [1400, 1400, 7, 1400],
        Array(repeating: 10, count: 150), Array(repeating: 1400, count: 100),
    ])
    func whatIsSentArrives(sizes: [Int]) throws {
        let pair = try Pair()
        var batch = TransmitBatch(largest: 65_000)
        let datagrams = sizes.enumerated().map { index, size in
            [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size)
        }
        send(datagrams, &batch, pair.route())
        let refused = batch.takeRefusedCount()
        #expect(refused == 0)
        #expect(try pair.receive(sizes.count) == datagrams)
    }

    @Test func whatTheKernelRefusesIsCounted() throws {
        let pair = try Pair()
        var batch = TransmitBatch(largest: 65_000)
        var route = pair.route()
        route.remote = Endpoint(.unspecified(.ipv6), port: 9)
        send([[1], [2], [3]], &batch, route)
        let refused = batch.takeRefusedCount()
        #expect(refused == 3)
        let rest = batch.takeRefusedCount()
        #expect(rest == 0)
    }

    @Test func ringsExchangeBetweenThreads() throws {
        let ring = ExchangeRing(capacity: 8) { 0 }
        let count = 20_000
        let sender = try WorkerThread("sender") {
            for number in 1...count {
                var element = number
                while !ring.put(&element) { sched_yield() }
            }
        }
        for number in 1...count {
            var element = -1
            while !ring.take(&element) { sched_yield() }
            #expect(element == number)
        }
        sender.join()
        var element = -1
        #expect(!ring.take(&element))
        for number in 0..<8 {
            var element = number
            #expect(ring.put(&element))
        }
        #expect(!ring.put(&element), "it is full")
    }
}
