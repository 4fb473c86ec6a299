import Cryptography
import IPsec
import TestSupport
import Testing

@testable import ESP

extension PacketFragments {
    /// One of the fragments, with octets around it that must stay as they are.
    func fragment(_ index: Int, of packet: Span<UInt8>) -> [UInt8] {
        let margin = 3
        var octets = [UInt8](repeating: 0xee, count: length(index) + 2 * margin)
        var span = octets.mutableSpan
        write(index, of: packet, to: &span, at: margin)
        let around = octets.prefix(margin) + octets.suffix(margin)
        #expect(around.allSatisfy { $0 == 0xee })
        return Array(octets.dropFirst(margin).dropLast(margin))
    }
}

struct FragmentTests {
    private static let now = Instant(nanoseconds: 100_000_000_000)

    /// A packet that may be fragmented.
    private static func packet(_ family: AddressFamily, _ count: Int) -> [UInt8] {
        var packet = SamplePacket.udp(family, count: count)
        guard family == .ipv4 else { return packet }
        packet[6] = 0
        return SamplePacket.checksummed(Array(packet.prefix(20))) + packet.dropFirst(20)
    }

    private static func cut(_ packet: [UInt8], _ mtu: Int) throws -> [[UInt8]] {
        let fragments = try PacketFragments(packet.span, mtu: mtu, identification: 0x0102_0304)
        return (0..<fragments.count).map { fragments.fragment($0, of: packet.span) }
    }

    @Test(arguments: [AddressFamily.ipv4, .ipv6], [68, 200, 576, 1280, 1499, 9000])
    func fragmentsInAnyOrderMakeThePacket(_ family: AddressFamily, _ mtu: Int) throws {
        let packet = Self.packet(family, 3000)
        let pieces = try Self.cut(packet, mtu)
        #expect(pieces.allSatisfy { $0.count <= mtu } && (pieces.count > 1) == (mtu < packet.count))
        for piece in pieces { #expect(try IPHeader(piece.span).totalCount == piece.count) }
        var random = FixedRandom(seed: 9)
        for _ in 0..<20 {
            var assembly = FragmentReassembly()
            var outcomes: [FragmentReassembly.Outcome] = []
            let order = pieces.map { ($0, random.uint32()) }.sorted { $0.1 < $1.1 }
            for (piece, _) in order { outcomes.append(assembly.take(piece, now: Self.now)) }
            guard pieces.count > 1 else {
                #expect(outcomes == [.whole])
                continue
            }
            #expect(outcomes.dropLast().allSatisfy { $0 == .incomplete })
            #expect(outcomes.last == .complete(packet))
            #expect(assembly.waitingCount == 0)
        }
    }

    @Test func whoWroteTheHeaderMayOverrideDF() throws {
        let packet = SamplePacket.udp(.ipv4, count: 1000)
        #expect(throws: DropReason.mayNotBeFragmented) { _ = try Self.cut(packet, 576) }
        let cuts = try PacketFragments(
            packet.span, mtu: 576, identification: 0, dontFragment: .overridden)
        #expect(cuts.count == 2)
        for index in 0..<2 {
            let header = try IPHeader(cuts.fragment(index, of: packet.span).span)
            #expect(header.isFragment && !header.dontFragment)
        }
    }

    @Test(arguments: [AddressFamily.ipv4, .ipv6])
    func overlapsAreRefusedWithTheirWholePacket(_ family: AddressFamily) throws {
        let packet = Self.packet(family, 400)
        var other = packet
        other[150] ^= 1
        let pieces = try Self.cut(packet, 128)
        let forged = try Self.cut(other, 200)
        var assembly = FragmentReassembly()
        #expect(assembly.take(pieces[0], now: Self.now) == .incomplete)
        #expect(assembly.take(forged[0], now: Self.now) == .refused(.overlappingFragments))
        for piece in pieces {
            #expect(assembly.take(piece, now: Self.now) == .refused(.overlappingFragments))
        }
        // Later the same number is another packet's.
        let later = Self.now + .seconds(31)
        let outcomes = pieces.map { assembly.take($0, now: later) }
        #expect(outcomes.last == .complete(packet))
    }

    @Test func repeatedFragmentsDoNoHarm() throws {
        let packet = Self.packet(.ipv6, 400)
        var assembly = FragmentReassembly()
        let pieces = try Self.cut(packet, 128)
        let outcomes = (pieces.dropLast() + pieces).map { assembly.take($0, now: Self.now) }
        #expect(outcomes.last == .complete(packet))
    }

    @Test func malformedFragmentsAreRefused() throws {
        let packet = Self.packet(.ipv4, 400)
        let pieces = try Self.cut(packet, 128)
        var assembly = FragmentReassembly()
        // Not a multiple of eight, and not the last.
        var odd = Array(pieces[0].dropLast())
        odd[3] -= 1
        #expect(assembly.take(odd, now: Self.now) == .refused(.badFragment))
        // Beyond the longest packet.
        var far = pieces[0]
        (far[6], far[7]) = (0x3f, 0xff)
        #expect(assembly.take(far, now: Self.now) == .refused(.badFragment))
        // Two ends.
        let last = try #require(pieces.last)
        var shorter = pieces[1]
        shorter[6] &= 0xdf
        #expect(assembly.take(last, now: Self.now) == .incomplete)
        #expect(assembly.take(shorter, now: Self.now) == .refused(.badFragment))
    }

    @Test func memoryAndTimeAreBounded() throws {
        var assembly = FragmentReassembly(limit: 4, patience: .seconds(10))
        for number in 0..<20 {
            var packet = Self.packet(.ipv4, 400)
            packet[4] = UInt8(number)
            let first = try Self.cut(packet, 128)[0]
            let outcome = assembly.take(first, now: Self.now + .milliseconds(number))
            #expect(outcome == .incomplete)
            #expect(assembly.waitingCount <= 4)
        }
        let given = assembly.expire(now: Self.now + .seconds(11))
        #expect(given == 4 && assembly.waitingCount == 0)
    }

    /// RFC 6946: whatever waits under its number.
    @Test func aPacketInOneFragmentStandsAlone() throws {
        let packet = Self.packet(.ipv6, 400)
        let pieces = try Self.cut(packet, 200)
        let small = Self.packet(.ipv6, 8)
        var atomic = Array(small.prefix(40)) + [17, 0, 0, 0, 1, 2, 3, 4] + small.dropFirst(40)
        (atomic[5], atomic[6]) = (UInt8(atomic.count - 40), 44)
        var assembly = FragmentReassembly()
        #expect(assembly.take(pieces[0], now: Self.now) == .incomplete)
        #expect(assembly.take(atomic, now: Self.now) == .complete(small))
    }

    /// RFC 3168 section 5.3.
    @Test func aCongestionMarkOnAPieceIsOneOnThePacket() throws {
        for (ecn, marked) in [(UInt8(2), true), (0, false)] {
            var packet = Self.packet(.ipv4, 400)
            packet[1] = ecn
            packet = SamplePacket.checksummed(Array(packet.prefix(20))) + packet.dropFirst(20)
            var pieces = try Self.cut(packet, 200)
            pieces[1][1] |= 3
            var assembly = FragmentReassembly()
            let outcome = pieces.map { assembly.take($0, now: Self.now) }.last
            guard marked else {
                #expect(outcome == .refused(.congestionMarkLost))
                continue
            }
            packet[1] = 3
            packet = SamplePacket.checksummed(Array(packet.prefix(20))) + packet.dropFirst(20)
            #expect(outcome == .complete(packet))
        }
    }

    @Test func fragmentsAreCutAgain() throws {
        let packet = Self.packet(.ipv4, 3000)
        let pieces = try Self.cut(packet, 1000).flatMap { try Self.cut($0, 300) }
        var assembly = FragmentReassembly()
        #expect(pieces.map { assembly.take($0, now: Self.now) }.last == .complete(packet))
    }

    /// RFC 791: only options that say so are in later fragments too.
    @Test func optionsAreCopiedWhereTheySaySo() throws {
        let plain = Self.packet(.ipv4, 400)
        var header = Array(plain.prefix(20)) + [0x94, 4, 0, 0, 7, 4, 4, 0]
        header[0] = 0x47
        header[3] = UInt8((plain.count + 8) & 0xff)
        let pieces = try Self.cut(SamplePacket.checksummed(header) + plain.dropFirst(20), 200)
        #expect(Array(pieces[0][20..<28]) == [0x94, 4, 0, 0, 7, 4, 4, 0])
        #expect(Array(pieces[1][20..<28]) == [0x94, 4, 0, 0, 1, 1, 1, 1])
        #expect(Array(pieces[1].prefix(28)) == SamplePacket.checksummed(Array(pieces[1].prefix(28))))
    }

    @Test func whatMayNotBeCutIsNot() throws {
        let fixed = SamplePacket.udp(.ipv4, count: 400)
        let pieces = try Self.cut(Self.packet(.ipv6, 400), 200)
        func reason(_ packet: [UInt8], _ mtu: Int) -> DropReason? {
            do throws(DropReason) {
                return try PacketFragments(packet.span, mtu: mtu, identification: 0).count > 0 ? nil : .noRoom
            } catch {
                return error
            }
        }
        #expect(reason(fixed, 200) == .mayNotBeFragmented && reason(fixed, 1500) == nil)
        #expect(reason(pieces[0], 100) == .mayNotBeFragmented)
        #expect(reason(Self.packet(.ipv4, 400), 27) == .pathTooNarrow)
    }
}

extension FragmentReassembly {
    fileprivate mutating func take(_ packet: [UInt8], now: Instant) -> Outcome {
        take(packet.span, now: now)
    }
}
