import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct FragmentAssemblyTests {
    private let now = Instant(nanoseconds: 0)

    /// A fragment of a UDP datagram from 10.0.0.1 to 10.0.0.2.
    private func ipv4(_ offset: Int, _ payload: [UInt8], more: Bool, id: UInt8 = 9) -> [UInt8] {
        let word = offset / 8 | (more ? 0x2000 : 0)
        let length = 20 + payload.count
        return [0x45, 0, UInt8(length >> 8), UInt8(length & 255), 0, id, UInt8(word >> 8), UInt8(word & 255)]
            + [64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2] + payload
    }

    private func ipv6(_ offset: Int, _ payload: [UInt8], more: Bool) -> [UInt8] {
        let length = 8 + payload.count
        return [0x60, 0, 0, 0, UInt8(length >> 8), UInt8(length & 255), 44, 64]
            + Array(repeating: 0xfd, count: 16) + Array(repeating: 0xfe, count: 16)
            + [17, 0, UInt8(offset >> 8), UInt8(offset & 0xf8) | (more ? 1 : 0), 0, 0, 0, 5] + payload
    }

    private let first = (0..<64).map { UInt8($0) }
    private let second = (64..<100).map { UInt8($0) }

    @Test func twoPiecesOfIPv4BecomeOnePacket() throws {
        var assembly = FragmentAssembly()
        #expect(assembly.take(ipv4(0, first, more: true).span, now: now) == .incomplete)
        guard case .complete(let packet) = assembly.take(ipv4(64, second, more: false).span, now: now) else {
            Issue.record("not complete")
            return
        }
        let header = try IPHeader(packet.span)
        #expect(header.totalCount == 120 && !header.isFragment && header.nextProtocol == 17)
        #expect(Array(packet[20...]) == first + second)
        let sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + Int(packet[$1]) << 8 + Int(packet[$1 + 1]) }
        #expect(sum & 0xffff + sum >> 16 == 0xffff, "the header's checksum is right")
    }

    @Test func andSoOfIPv6() throws {
        var assembly = FragmentAssembly()
        #expect(assembly.take(ipv6(0, first, more: true).span, now: now) == .incomplete)
        guard case .complete(let packet) = assembly.take(ipv6(64, second, more: false).span, now: now) else {
            Issue.record("not complete")
            return
        }
        let header = try IPHeader(packet.span)
        #expect(header.totalCount == 140 && header.nextProtocol == 17)
        #expect(Array(packet[40...]) == first + second)
    }

    @Test func gapsOverlapsAndOrphansAreRefused() {
        var assembly = FragmentAssembly()
        #expect(assembly.take(ipv4(64, second, more: false).span, now: now) == .refused)
        _ = assembly.take(ipv4(0, first, more: true).span, now: now)
        #expect(assembly.take(ipv4(72, second, more: false).span, now: now) == .refused)
        _ = assembly.take(ipv4(0, first, more: true).span, now: now)
        #expect(assembly.take(ipv4(56, second, more: false).span, now: now) == .refused)
        #expect(assembly.take(ipv4(64, second, more: false).span, now: now) == .refused, "given up")
    }

    @Test func othersAreLeftAlone() {
        var assembly = FragmentAssembly()
        #expect(assembly.take(ipv4(0, first, more: false).span, now: now) == .whole)
        #expect(assembly.take([1, 2, 3].span, now: now) == .whole)
    }

    @Test func memoryIsBounded() {
        var assembly = FragmentAssembly()
        for id in 0..<FragmentAssembly.limit {
            #expect(assembly.take(ipv4(0, first, more: true, id: UInt8(id)).span, now: now) == .incomplete)
        }
        #expect(assembly.take(ipv4(0, first, more: true, id: 200).span, now: now) == .refused)
        let later = now + FragmentAssembly.patience
        #expect(assembly.take(ipv4(0, first, more: true, id: 200).span, now: later) == .incomplete)
    }

    @Test func endlessPacketsAreRefused() {
        var assembly = FragmentAssembly()
        let piece = [UInt8](repeating: 1, count: 8192)
        for step in 0..<7 { _ = assembly.take(ipv4(step * 8192, piece, more: true).span, now: now) }
        #expect(assembly.take(ipv4(7 * 8192, piece, more: true).span, now: now) == .refused)
    }
}
