import IPsec
import TestSupport

/// UDP packets, made the plain way.
enum MatrixPacket {
    static let port: UInt16 = 7777

    /// Octets that tell which packet they are from, then some that mean nothing.
    static func payload(_ number: Int, _ index: Int, _ size: Int) -> [UInt8] {
        var random = FixedRandom(seed: UInt64(number * 100 + index))
        return [UInt8(number >> 8), UInt8(number & 0xff), UInt8(index)] + random.bytes(count: size)
    }

    /// The same with octets of which each comes several times.
    static func compressible(_ number: Int, _ index: Int, _ size: Int) -> [UInt8] {
        let octets = payload(number, index, size)
        return Array(octets.prefix(3))
            + octets.dropFirst(3).flatMap { [$0, $0 / 16, $0 / 16, $0 / 16] }.prefix(size)
    }

    static func udp(
        from source: IPAddress, to destination: IPAddress, identification: UInt16, payload: [UInt8]
    ) -> [UInt8] {
        let length = UInt16(payload.count + 8)
        var datagram = octets(port) + octets(port) + octets(length) + [0, 0] + payload
        let pseudo = source.bytes + destination.bytes + [0, 17] + octets(length)
        let sum = checksum(pseudo + datagram)
        datagram.replaceSubrange(6..<8, with: octets(sum == 0 ? 0xffff : sum))
        return header(source, destination, identification, datagram.count) + datagram
    }

    /// Writes the checksum of a UDP datagram right behind an IPv6 header.
    static func putUDPChecksum(in packet: inout [UInt8]) {
        packet.replaceSubrange(46..<48, with: [0, 0])
        let sum = checksum(Array(packet[8..<40]) + [0, 17] + packet[44..<46] + packet[40...])
        packet.replaceSubrange(46..<48, with: octets(sum == 0 ? 0xffff : sum))
    }

    private static func header(
        _ source: IPAddress, _ destination: IPAddress, _ identification: UInt16, _ count: Int
    ) -> [UInt8] {
        guard source.family == .ipv4 else {
            return [0x60, 0, 0, 0] + octets(UInt16(count)) + [17, 64] + source.bytes + destination.bytes
        }
        var header: [UInt8] = [0x45, 0] + octets(UInt16(count + 20)) + octets(identification)
        header += [0x40, 0, 64, 17, 0, 0] + source.bytes + destination.bytes
        header.replaceSubrange(10..<12, with: octets(checksum(header)))
        return header
    }

    private static func octets(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

    private static func checksum(_ octets: [UInt8]) -> UInt16 {
        var sum = 0
        for (index, octet) in octets.enumerated() { sum += Int(octet) << (index % 2 == 0 ? 8 : 0) }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return UInt16(~sum & 0xffff)
    }
}
