import Glibc
import Testing
import Wire

@testable import Netlink

/// Reading the routing tables needs no privilege, so these run anywhere.
@Suite struct NetlinkWindowTests {
    private static let getLink: UInt16 = 18
    private static let newLink: UInt16 = 16

    /// RTM_GETLINK for one interface.
    private func link(_ index: UInt32) -> NetlinkRequest {
        var request = NetlinkRequest(type: Self.getLink)
        request.putZeros(4)
        request.put(index)
        request.putZeros(8)
        return request
    }

    private struct Token {
        var number: Int
        var replies = 0
    }

    @Test(arguments: [[0], [5], [63], [0, 63], Array(0..<64), []])
    func refusalsMeetTheirRequests(refused: [Int]) throws {
        var window = try NetlinkWindow<Token>(.route)
        for number in 0..<64 {
            let request = link(refused.contains(number) ? 0x7fff_fff0 : 1)
            let isTaken = window.append(request, Token(number: number))
            #expect(isTaken)
        }
        #expect(window.isFull)
        let hasRoom = window.append(link(1), Token(number: 64))
        #expect(!hasRoom)
        let outcomes = window.exchange { token, header, _ in
            if header.type == Self.newLink { token.replies += 1 }
        }
        #expect(window.isEmpty)
        #expect(outcomes.map(\.token.number) == Array(0..<64))
        for outcome in outcomes {
            let isRefused = refused.contains(outcome.token.number)
            #expect(outcome.refusal?.code == (isRefused ? ENODEV : nil))
            #expect(outcome.token.replies == (isRefused ? 0 : 1))
        }
    }

    @Test func aWindowServesAgainAndAgain() throws {
        var window = try NetlinkWindow<Int>(.route)
        for round in 0..<5 {
            _ = window.append(link(round.isMultiple(of: 2) ? 1 : 0x7fff_fff0), round)
            let outcomes = window.exchange { _, _, _ in }
            #expect(outcomes.map(\.token) == [round])
            #expect((outcomes.first?.refusal == nil) == round.isMultiple(of: 2))
        }
        let nothing = window.exchange { _, _, _ in }
        #expect(nothing.isEmpty)
    }

    @Test func aDumpGoesAlone() throws {
        var window = try NetlinkWindow<Int>(.route)
        var dump = NetlinkRequest(dump: Self.getLink)
        dump.putZeros(16)
        let taken = [window.append(link(1), 0), window.append(dump, 1)]
        #expect(taken == [true, false])
        _ = window.exchange { _, _, _ in }
        let isTaken = window.append(dump, 1)
        #expect(isTaken)
        let outcomes = window.exchange { links, _, _ in links += 1 }
        #expect(outcomes.count == 1)
        #expect(outcomes.allSatisfy { $0.refusal == nil && $0.token >= 2 })
    }

    @Test func whatNeverFitsIsNotTaken() throws {
        var window = try NetlinkWindow<Int>(.route)
        var request = link(1)
        request.putZeros(NetlinkSocket.sendCapacity)
        let taken = [window.append(request, 0), window.append(link(1), 1)]
        #expect(taken == [false, true])
        let outcomes = window.exchange { _, _, _ in }
        #expect(outcomes.map(\.refusal) == [nil])
    }
}
