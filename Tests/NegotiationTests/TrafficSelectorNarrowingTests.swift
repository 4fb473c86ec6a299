import IPsec
import TestSupport
import Testing

@testable import Negotiation

@Suite("Narrowing of traffic selectors (RFC 7296 section 2.9)")
struct TrafficSelectorNarrowingTests {
    private static func selector(
        _ first: UInt128, _ last: UInt128, _ upperProtocol: UInt8 = 0,
        _ ports: ClosedRange<UInt16> = TrafficSelector.anyPort
    ) -> TrafficSelector {
        guard
            let selector = TrafficSelector(
                first: IPAddress(family: .ipv4, value: first), last: IPAddress(family: .ipv4, value: last),
                upperProtocol: upperProtocol, ports: ports)
        else { preconditionFailure("a range that ends before it begins") }
        return selector
    }

    private static func drawn(_ random: inout FixedRandom) -> TrafficSelector {
        let first = UInt128(random.next() % 8)
        let port = UInt16(random.next() % 4)
        let isAny = random.next() % 3 == 0
        return selector(
            first, first + UInt128(random.next() % 5), isAny ? 0 : [6, 17][Int(random.next() % 2)],
            isAny ? TrafficSelector.anyPort : port...(port + UInt16(random.next() % 3)))
    }

    @Test("what is left is what both select, packet by packet", arguments: UInt64(0)..<300)
    func reference(seed: UInt64) {
        var random = FixedRandom(seed: seed)
        let proposed = (0...Int(random.next() % 4)).map { _ in Self.drawn(&random) }
        let ours = (0...Int(random.next() % 4)).map { _ in Self.drawn(&random) }
        let common = TrafficSelectorNarrowing.narrow(proposed, to: ours)
        for address in UInt128(0)..<13 {
            for upperProtocol in [6, 17, 47] as [UInt8] {
                for port in UInt16(0)..<7 {
                    let packet = Self.selector(address, address, upperProtocol, port...port)
                    let isWanted =
                        proposed.contains { $0.contains(packet) } && ours.contains { $0.contains(packet) }
                    #expect(common.contains { $0.contains(packet) } == isWanted)
                }
            }
        }
        for (index, one) in common.enumerated() {
            #expect(!common.enumerated().contains { $0.offset != index && $0.element.contains(one) })
        }
    }

    @Test("the packet that asked stands before the network it is in, and is swallowed by it")
    func packetFirst() {
        let packet = Self.selector(5, 5, 6, 80...80)
        let network = Self.selector(0, 255)
        #expect(TrafficSelectorNarrowing.narrow([packet, network], to: [network]) == [network])
        let narrower = Self.selector(0, 7, 6, 80...90)
        #expect(TrafficSelectorNarrowing.narrow([packet, network], to: [narrower]) == [narrower])
        #expect(TrafficSelectorNarrowing.narrow([packet], to: [network]) == [packet])
    }

    @Test("families do not mix, and nothing in common is nothing")
    func nothing() {
        let six = TrafficSelector(IPPrefix(host: IPAddress(family: .ipv6, value: 5)))
        let four = Self.selector(0, 255)
        #expect(TrafficSelectorNarrowing.narrow([six], to: [four]).isEmpty)
        #expect(TrafficSelectorNarrowing.narrow([four], to: []).isEmpty)
        #expect(TrafficSelectorNarrowing.narrow([], to: [four]).isEmpty)
    }
}
