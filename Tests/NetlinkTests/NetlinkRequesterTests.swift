import Synchronization
import Testing
import Wire

@testable import Netlink

/// Reading the routing tables needs no privilege, so these run anywhere.
@Suite struct NetlinkRequesterTests {
    private static let getLink: UInt16 = 18
    private static let newLink: UInt16 = 16

    private final class Tally: Sendable {
        let order = Mutex<[Int]>([])
        let links = Mutex(0)
    }

    /// RTM_GETLINK for all links.
    private func listLinks() -> NetlinkRequest {
        var request = NetlinkRequest(dump: Self.getLink)
        request.putZeros(16)
        return request
    }

    /// RTM_GETLINK for one interface.
    private func getLink(_ index: UInt32) -> NetlinkRequest {
        var request = NetlinkRequest(type: Self.getLink)
        request.putZeros(4)
        request.put(index)
        request.putZeros(8)
        return request
    }

    @Test func answersComeInOrderWithDumpsAmongThem() throws {
        let tally = Tally()
        let requester = try NetlinkRequester(.route, name: "test-requests")
        for number in 0..<500 {
            let isDump = number % 50 == 0
            requester.submit(
                NetlinkExchange(isDump ? listLinks() : getLink(1)) { header, _ in
                    if header.type == Self.newLink { tally.links.withLock { $0 += 1 } }
                } completion: { refusal in
                    tally.order.withLock { $0.append(refusal == nil ? number : -number) }
                })
        }
        requester.shutDown()
        #expect(tally.order.withLock { $0 } == Array(0..<500))
        #expect(tally.links.withLock { $0 } >= 500)
    }

    @Test func aRefusalSpoilsNoNeighbour() throws {
        let tally = Tally()
        let requester = try NetlinkRequester(.route, name: "test-requests")
        for index in [1, 0x7fff_fff0, 1] as [UInt32] {
            requester.submit(
                NetlinkExchange(getLink(index)) { refusal in
                    tally.order.withLock { $0.append(Int(refusal?.code ?? 0)) }
                })
        }
        requester.shutDown { [self] in
            [NetlinkExchange(getLink(1)) { _ in tally.order.withLock { $0.append(-1) } }]
        }
        #expect(tally.order.withLock { $0 } == [0, 19, 0, -1])
    }

    @Test func whatComesAfterTheEndIsRefusedAtOnce() throws {
        let tally = Tally()
        let requester = try NetlinkRequester(.route, name: "test-requests")
        requester.shutDown()
        requester.submit(
            NetlinkExchange(getLink(1)) { refusal in
                tally.order.withLock { $0.append(refusal == nil ? 0 : 1) }
            })
        #expect(tally.order.withLock { $0 } == [1])
    }
}
