import ControlProtocol
import IPsec

/// Puts together what a data plane says of dropped packets.
struct DropAssembly {
    let moment: Moment
    let dataPlane: any DataPlane

    var report: DropReport {
        DropReport(drops: Self.records(dataPlane), packets: dataPlane.droppedPackets.map(record))
    }

    /// The reasons that occurred.
    static func records(_ dataPlane: any DataPlane) -> [DropRecord] {
        dataPlane.drops.filter { $0.count > 0 }.map {
            DropRecord(name: $0.name, sentence: $0.sentence, count: $0.count)
        }
    }

    private func record(_ packet: DroppedPacket) -> DroppedPacketRecord {
        var record = DroppedPacketRecord(
            reason: packet.reason, time: moment.wall(at: packet.at), direction: packet.direction.rawValue,
            length: packet.length, head: Self.hexadecimal(packet.head))
        record.outer = packet.outer?.words
        record.inner = packet.inner?.words
        record.spi = packet.spi.map { "\($0)" }
        record.sequence = packet.sequence
        return record
    }

    private static func hexadecimal(_ octets: [UInt8]) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension DroppedPacket.Flow {
    fileprivate var words: String {
        let name = Self.protocolNames[upperProtocol] ?? "protocol \(upperProtocol)"
        guard hasPorts else { return "\(source.address) > \(destination.address) \(name)" }
        return switch upperProtocol {
        case Self.icmp, Self.icmpv6:
            "\(source.address) > \(destination.address) \(name) type \(source.port) code \(destination.port)"
        default: "\(source) > \(destination) \(name)"
        }
    }

    private static let icmp: UInt8 = 1
    private static let icmpv6: UInt8 = 58
    private static let protocolNames: [UInt8: String] = [
        1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre", 50: "esp",
        51: "ah", 58: "icmpv6", 108: "ipcomp", 132: "sctp", 136: "udplite",
    ]
}
