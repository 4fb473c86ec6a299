import Algorithms
import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

/// What becomes of packets on paths that are narrow (RFC 4301 section 8).
@Suite struct PathFitTests {
    private static let now = Instant(nanoseconds: 5_000_000_000)

    private static func packet(_ family: AddressFamily, _ count: Int, dontFragment: Bool) -> [UInt8] {
        var packet = [UInt8](repeating: 0, count: count)
        switch family {
        case .ipv4:
            let front: [UInt8] = [
                0x45, 0, UInt8(count >> 8), UInt8(count & 0xff), 0, 1, dontFragment ? 0x40 : 0, 0, 64, 17,
                0, 0, 10, 1, 0, 1, 10, 2, 0, 1,
            ]
            packet.replaceSubrange(0..<20, with: front)
        case .ipv6:
            packet.replaceSubrange(
                0..<8, with: [0x60, 0, 0, 0, UInt8((count - 40) >> 8), UInt8((count - 40) & 0xff), 17, 64])
            (packet[8], packet[23], packet[24], packet[39]) = (0x20, 1, 0x20, 2)
        }
        return packet
    }

    private static func bundle(
        _ mode: EncapsulationMode = .tunnel, flags: Set<SAFlag> = [], takesFragments: Bool = true
    ) throws -> Bundle {
        var association = try Samples.association(.outbound, mode: mode)
        association.flags = flags
        return Bundle(
            first: try OutboundAssociation(association, now: now), takesFragments: takesFragments)
    }

    private static func fit(
        _ family: AddressFamily, _ count: Int, room: Int, dontFragment: Bool = false, _ bundle: Bundle,
        isReassembled: Bool = false
    ) throws -> PathFit {
        try PathFit(
            packet(family, count, dontFragment: dontFragment).span, length: count, room: room, bundle,
            isReassembled: isReassembled)
    }

    @Test(arguments: [AddressFamily.ipv4, .ipv6], [false, true])
    func whatFitsLeavesWhole(_ family: AddressFamily, _ dontFragment: Bool) throws {
        let bundle = try Self.bundle()
        #expect(try Self.fit(family, 1200, room: 1200, dontFragment: dontFragment, bundle) == .whole)
    }

    /// The three cases of RFC 4301 section 8.2.1.
    @Test func theSenderIsToldUnlessThePacketMayBeCut() throws {
        let bundle = try Self.bundle()
        #expect(try Self.fit(.ipv4, 1300, room: 1234, dontFragment: true, bundle) == .refused(mtu: 1234))
        #expect(try Self.fit(.ipv4, 1300, room: 1234, bundle) == .cutBefore(mtu: 1234))
        #expect(try Self.fit(.ipv6, 1400, room: 1300, bundle) == .refused(mtu: 1300))
    }

    /// No IPv6 sender makes its packets shorter than 1280 octets, and none of IPv4 shorter than 68.
    @Test func nobodyIsToldLessThanEveryLinkTakes() throws {
        let bundle = try Self.bundle()
        #expect(try Self.fit(.ipv6, 1400, room: 1234, bundle) == .refused(mtu: 1280))
        #expect(try Self.fit(.ipv6, 1280, room: 1234, bundle) == .cutAfter)
        #expect(try Self.fit(.ipv4, 1280, room: 40, dontFragment: true, bundle) == .refused(mtu: 68))
    }

    @Test func whereFragmentsDoNotPassTheProtectedPacketIsCut() throws {
        let ports = try Self.bundle(takesFragments: false)
        #expect(try Self.fit(.ipv4, 1300, room: 1234, ports) == .cutAfter)
        #expect(try Self.fit(.ipv4, 1300, room: 1234, dontFragment: true, ports) == .refused(mtu: 1234))
        let tunnel = try Self.bundle()
        for family in [AddressFamily.ipv4, .ipv6] {
            let whole = try Self.fit(
                family, 1300, room: 1234, dontFragment: true, tunnel, isReassembled: true)
            #expect(whole == .cutAfter)
        }
    }

    @Test func anAssociationThatClearsDFCutsWhatItProtected() throws {
        let tunnel = try Self.bundle(flags: [.noPMTUDiscovery])
        #expect(try Self.fit(.ipv4, 1300, room: 1234, dontFragment: true, tunnel) == .cutAfter)
        #expect(try Self.fit(.ipv4, 1300, room: 1234, tunnel) == .cutBefore(mtu: 1234))
        // In transport mode DF is the packet's own.
        let transport = try Self.bundle(.transport, flags: [.noPMTUDiscovery], takesFragments: false)
        #expect(
            try Self.fit(.ipv4, 1300, room: 1234, dontFragment: true, transport) == .refused(mtu: 1234))
    }

    @Test func thePolicyTellsWhetherFragmentsPass() throws {
        for (port, takesFragments) in [(UInt16(0), true), (53, false)] {
            var database = EngineDatabase()
            var policy = try Samples.policy(.outbound)
            policy.selector.upperProtocol = 17
            policy.selector.destinationPort = port
            try database.set(policy)
            try database.add(Samples.association(.outbound), now: Self.now)
            var query = Self.packet(.ipv4, 28, dontFragment: true)
            (query[21], query[23]) = (99, 53)
            let flow = try PacketFlow(query.span)
            let bundle = try #require(
                database.snapshot.outbound.rule(for: flow)?.bundle(
                    for: flow, among: database.snapshot.carriers))
            #expect(bundle.takesFragments == takesFragments)
        }
    }

    /// AES-CBC with HMAC-SHA-256-128: see `DeviceMTUTests`.
    @Test func roomIsWhatTheNarrowestKnownPathLeaves() throws {
        let bundle = try Self.bundle()
        #expect(PathRoom(path: 1500, bundle) == PathRoom(path: 1500, bundle))
        #expect(PathRoom(path: 1500, bundle).inner == 1438 && PathRoom(path: 1400, bundle).inner == 1326)
    }

    /// Padding that hides lengths must not make packets longer than the path takes, for as long as it is narrow.
    @Test func flowPaddingKeepsToThePath() throws {
        var association = try Samples.association(.outbound)
        association.trafficFlowPadding = 1438
        let entry = try OutboundAssociation(association, now: Self.now)
        let bundle = Bundle(first: entry)
        func sealedCount(path: Int) throws -> Int {
            _ = PathRoom(path: path, bundle)
            var buffer =
                [UInt8](repeating: 0, count: 100) + Self.packet(.ipv4, 60, dontFragment: true)
                + [UInt8](repeating: 0, count: entry.tailroom)
            var span = buffer.mutableSpan
            return try entry.seal(&span, 100..<160, by: 0).packet.count
        }
        for path in [1500, 1300, 1500] {
            let count = try sealedCount(path: path)
            #expect(count <= path && count > path - 32)
        }
    }

    @Test func errorsAreFew() {
        var allowance = ErrorAllowance()
        func taken(_ count: Int, after seconds: Int) -> Int {
            (0..<count).filter { _ in allowance.takesOne(now: Self.now + .seconds(seconds)) }.count
        }
        #expect(taken(150, after: 0) == ErrorAllowance.limit && taken(5, after: 0) == 0)
        #expect(taken(5, after: 1) == 5)
    }
}
