import IPsec
import Testing

struct TrafficSelectorTests {
    private func selector(
        _ first: String, _ last: String, proto: UInt8 = 0,
        ports: ClosedRange<UInt16> = TrafficSelector.anyPort
    ) throws -> TrafficSelector {
        let (low, high) = (try #require(IPAddress(first)), try #require(IPAddress(last)))
        return try #require(TrafficSelector(first: low, last: high, upperProtocol: proto, ports: ports))
    }

    @Test func isMadeOfARangeThatIsOne() throws {
        let (low, high) = (try #require(IPAddress("10.0.0.1")), try #require(IPAddress("10.0.0.9")))
        #expect(TrafficSelector(first: high, last: low) == nil)
        #expect(TrafficSelector(first: low, last: try #require(IPAddress("::1"))) == nil)
        #expect(try selector("10.0.0.0", "10.0.0.255").prefix == IPPrefix("10.0.0.0/24"))
        #expect(try selector("10.0.0.1", "10.0.0.9").prefix == nil)
        #expect(try selector("10.0.0.1", "10.0.0.9").prefixes.count == 4)
        let net = try #require(IPPrefix("2001:db8::/64"))
        #expect(TrafficSelector(net).prefix == net)
        #expect(TrafficSelector(net, upperProtocol: 6, port: 80).port == 80)
        #expect(TrafficSelector(net).port == 0)
    }

    @Test func containsOnlyNarrowerOnes() throws {
        let net = try selector("10.0.0.0", "10.0.0.255")
        #expect(net.contains(net))
        #expect(net.contains(try selector("10.0.0.5", "10.0.0.9", proto: 6, ports: 80...80)))
        #expect(!net.contains(try selector("10.0.0.5", "10.0.1.0")))
        #expect(!net.contains(try selector("::", "::1")))
        let web = try selector("10.0.0.0", "10.0.0.255", proto: 6, ports: 80...90)
        #expect(!web.contains(net))
        #expect(!web.contains(try selector("10.0.0.1", "10.0.0.1", proto: 17, ports: 80...80)))
        #expect(!web.contains(try selector("10.0.0.1", "10.0.0.1", proto: 6, ports: 80...91)))
        #expect(web.contains(try selector("10.0.0.1", "10.0.0.1", proto: 6, ports: 85...85)))
    }

    @Test func isWrittenForPeople() throws {
        #expect("\(try selector("10.0.0.0", "10.0.0.255"))" == "10.0.0.0/24")
        #expect(
            "\(try selector("10.0.0.1", "10.0.0.3", proto: 6, ports: 80...80))"
                == "10.0.0.1-10.0.0.3[80] proto 6")
        #expect(
            "\(try selector("10.0.0.1", "10.0.0.1", proto: 6, ports: 1...2))" == "10.0.0.1/32[1-2] proto 6")
    }

    @Test func selectorsReverse() throws {
        let (here, there) = (try #require(IPPrefix("10.1.0.0/24")), try #require(IPPrefix("10.2.0.0/24")))
        let selector = Selector(
            source: here, destination: there, upperProtocol: 6, sourcePort: 1, destinationPort: 2)
        #expect(selector.reversed.source == there)
        #expect(selector.reversed.destinationPort == 1)
        #expect(selector.reversed.reversed == selector)
        #expect("\(selector)" == "10.1.0.0/24[1] -> 10.2.0.0/24[2] proto 6")
    }

    @Test func durationsSaturate() {
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
        #expect(Duration.milliseconds(-1500).wholeNanoseconds == -1_500_000_000)
        let start = Instant(nanoseconds: 5)
        #expect(start + .nanoseconds(3) > start)
        #expect((start + .seconds(2)) - start == .seconds(2))
    }
}
