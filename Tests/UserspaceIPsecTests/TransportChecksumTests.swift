import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct TransportChecksumTests {
    /// An IPv4 packet with a UDP datagram; the checksum is what a sender at `source` would write.
    private func packet(_ source: [UInt8], checksum: [UInt8]) -> [UInt8] {
        [0x45, 0, 0, 31, 0, 0, 0, 0, 64, 17, 0, 0] + source + [10, 0, 0, 2]
            + [0x03, 0xe8, 0x07, 0xd0, 0, 11] + checksum + [0x61, 0x62, 0x63]
    }

    /// The checksum by the definition: all words of pseudo-header and datagram, checksum included, sum to 0xffff.
    private func isRight(_ packet: [UInt8]) -> Bool {
        var words = Array(packet[12..<20]) + [0, 17, 0, 11] + Array(packet[20...]) + [0]
        if words.count % 2 == 1 { words.removeLast() }
        var sum = 0
        for index in stride(from: 0, to: words.count, by: 2) {
            sum += Int(words[index]) << 8 | Int(words[index + 1])
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return sum == 0xffff
    }

    @Test func isRightForTheAddressesThePacketHasNow() {
        var bytes = [0xee, 0xee] + packet([192, 168, 1, 5], checksum: [0x12, 0x34])
        TransportChecksum.recompute(&bytes, 2..<bytes.count)
        #expect(isRight(Array(bytes[2...])))
        #expect(!isRight(packet([192, 168, 1, 5], checksum: [0x12, 0x34])))
    }

    @Test func anAbsentOneStaysAbsent() {
        var bytes = packet([192, 168, 1, 5], checksum: [0, 0])
        let before = bytes
        TransportChecksum.recompute(&bytes, 0..<bytes.count)
        #expect(bytes == before)
    }

    @Test func malformedPacketsAreLeftAlone() {
        for length in 0..<31 {
            var bytes = Array(packet([192, 168, 1, 5], checksum: [0x12, 0x34]).prefix(length))
            let before = bytes
            TransportChecksum.recompute(&bytes, 0..<bytes.count)
            #expect(bytes == before)
        }
    }
}
