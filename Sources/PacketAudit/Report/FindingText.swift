internal import Calendar
package import CaptureFile
internal import ControlProtocol
internal import ESP
internal import IPsec

/// A finding as a line for people.
extension Finding {
    /// `2026-11-21T10:00:00.123456Z 192.0.2.1 > 192.0.2.2 ESP 0x00001001 seq 7: ICV good, …`.
    package var text: String {
        let indent = String(repeating: "  ", count: depth)
        return "\(indent)\(time?.text ?? "-") \(endpoints) \(whatText)"
    }

    private var endpoints: String {
        guard let ports else { return "\(source) > \(destination)" }
        return "\(source.withPort(ports.source)) > \(destination.withPort(ports.destination))"
    }

    private var whatText: String {
        switch what {
        case .sealed(let finding): finding.text
        case .keepalive: "NAT keepalive"
        case .ike: "IKE in the ESP port"
        case .fragment: "a fragment of a protected packet"
        case .cut(let missing): "cut: the snap length left out the last \(missing) octets, capture with -s 0"
        case .malformed(let reason): "malformed: \(reason.sentence)"
        }
    }
}

extension SealedFinding {
    var text: String {
        let number = sequence.map { " seq \($0)" } ?? ""
        let parts = [verdictText, replayText, insideText, resealingText].compactMap { $0 }
        let line = "\(`protocol`.name) \(spi)\(number): \(parts.joined(separator: ", "))"
        return advice.map { "\(line)\n    \($0)" } ?? line
    }

    private var verdictText: String {
        switch verdict {
        case .good: "ICV good"
        case .bad: "ICV bad"
        case .unchecked: `protocol` == .ipcomp ? "no ICV" : "no ICV: nothing shows whether it was altered"
        case .unknown(let near): near.map { "no SA: \($0)" } ?? "no SA"
        case .unusable(let reason): "not opened: \(reason)"
        case .refused(let reason): "refused: \(reason.sentence)"
        }
    }

    private var replayText: String? {
        switch replay {
        case nil: nil
        case .replayed: "replayed"
        case .tooOld: "too old for the replay window"
        case .ok: gap == 0 ? "replay ok" : "replay ok, \(gap) missing before it"
        }
    }

    private var insideText: String? {
        switch inside {
        case nil: nil
        case .dummy: "a dummy packet"
        case .refused(let reason): "refused: \(reason.sentence)"
        case .packet(let flow, let count): "\(flow.text), \(count) octets"
        }
    }

    private var resealingText: String? {
        switch resealing {
        case nil: nil
        case .identical: "resealed identical"
        case .differs(let offset): "resealed differs at octet \(offset)"
        }
    }
}

extension PacketFlow {
    /// `10.1.0.1.1234 > 10.2.0.1.53 UDP`.
    var text: String {
        let name = Self.names[upperProtocol] ?? "protocol \(upperProtocol)"
        guard let ports else { return "\(source) > \(destination) \(name)" }
        if Self.isControl(upperProtocol) {
            return "\(source) > \(destination) \(name) type \(ports.source) code \(ports.destination)"
        }
        return "\(source.withPort(ports.source)) > \(destination.withPort(ports.destination)) \(name)"
    }

    /// Whether what selectors take for ports is an ICMP type and code.
    static func isControl(_ number: UInt8) -> Bool { number == 1 || number == 58 }

    static let names: [UInt8: String] = [
        1: "ICMP", 2: "IGMP", 4: "IPv4", 6: "TCP", 17: "UDP", 33: "DCCP", 41: "IPv6", 47: "GRE", 50: "ESP",
        51: "AH", 58: "ICMPv6", 89: "OSPF", 103: "PIM", 108: "IPComp", 112: "VRRP", 132: "SCTP",
        136: "UDP-Lite",
    ]
}

extension IPAddress {
    /// `192.0.2.1.4500`, and for IPv6 in brackets.
    func withPort(_ port: UInt16) -> String {
        family == .ipv4 ? "\(self).\(port)" : "[\(self)].\(port)"
    }
}

extension CaptureTime {
    /// `2026-11-21T10:00:00.123456789Z`; digits that are all zeros are left out by threes.
    package var text: String {
        let second = Timestamp(seconds: seconds).description.dropLast()
        let digits = String(nanoseconds)
        var fraction = String(repeating: "0", count: 9 - digits.count) + digits
        while fraction.count > 6, fraction.hasSuffix("000") { fraction.removeLast(3) }
        return "\(second).\(fraction)Z"
    }
}
