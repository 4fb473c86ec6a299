import ESP
import IPsec
import TestSupport

/// Holds what a kernel sealed against what was to be sealed, and against what the engine makes of it.
struct MatrixJudge {
    private var wire: [Int: [[UInt8]]] = [:]
    private var lacking: Set<Int> = []
    private var passed = 0
    private var failed = 0

    mutating func take(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 2, let number = Int(words[1]) else { return }
        switch words[0] {
        case "wire":
            if words.count == 3, let packet = octets(hexadecimal: String(words[2])) {
                wire[number, default: []].append(packet)
            }
        case "lacks": lacking.insert(number)
        default: return
        }
    }

    /// Prints what was found; false if anything failed.
    mutating func finish() -> Bool {
        for sample in MatrixCases.all where !lacking.contains(sample.number) {
            let packets = wire[sample.number] ?? []
            check("the kernel seals, we open", sample) {
                let wanted = sample.packets(.kernel)
                let opened = try MatrixEngine.open(sample, packets)
                return Self.difference(
                    wanted.map { Self.carried(sample, $0) }, opened.map { Self.carried(sample, $0) })
            }
            check("its packets in the same octets", sample) { try Self.difference(sample, packets) }
        }
        print("judge: \(passed) passed, \(failed) failed")
        return failed == 0
    }

    private mutating func check(_ what: String, _ sample: MatrixCase, _ find: () throws -> String?) {
        var fault: String?
        do { fault = try find() } catch { fault = "\(error)" }
        if let fault {
            failed += 1
            print("FAIL  \(sample.number) \(sample.name): \(what): \(fault)")
        } else {
            passed += 1
        }
    }

    /// The first packet that is another one than was sent; nil if none is.
    private static func difference(_ wanted: [[UInt8]], _ opened: [[UInt8]]) -> String? {
        guard wanted.count == opened.count else { return "\(opened.count) of \(wanted.count) sealed" }
        guard let (sent, found) = zip(wanted, opened).first(where: { $0 != $1 }) else { return nil }
        return "\n  ours:     \(found.hexadecimal)\n  kernel's: \(sent.hexadecimal)"
    }

    /// How our packets differ from the kernel's, when ours have its IVs and IP identifications; nil if they do not.
    private static func difference(_ sample: MatrixCase, _ packets: [[UInt8]]) throws -> String? {
        let ours = try MatrixEngine.seal(sample, sample.packets(.kernel), as: .kernel)
        guard ours.count == packets.count, !packets.isEmpty else { return "\(packets.count) were sealed" }
        for (index, (mine, theirs)) in zip(ours, packets).enumerated() {
            let sequence = sample.firstSequence + UInt64(index) + 1
            let made =
                try sample.protocol != .esp
                ? mine : MatrixResealing.remade(sample, sequence, mine, theirs)
            guard blanked(sample, made) != blanked(sample, theirs) else { continue }
            return "\n  ours:     \(made.hexadecimal)\n  kernel's: \(theirs.hexadecimal)"
        }
        return nil
    }

    /// Without what BEET mode does not carry: IPv6 outside has no place for an IPv4 header's identification and flags.
    private static func carried(_ sample: MatrixCase, _ packet: [UInt8]) -> [UInt8] {
        guard sample.mode == .beet, sample.outer == .ipv6, sample.inner == .ipv4, packet.count >= 20 else {
            return packet
        }
        var packet = packet
        packet.replaceSubrange(4..<8, with: [0, 0, 0, 0])
        packet.replaceSubrange(10..<12, with: [0, 0])
        return packet
    }

    /// Without what tells packets of one host apart: an IPv4 identification, and the checksum and ICV (which was checked
    /// when the packet was opened) that depend on it.
    private static func blanked(_ sample: MatrixCase, _ packet: [UInt8]) -> [UInt8] {
        var packet = packet
        if sample.protocol == .ah, let found = try? AHPacket(inIPPacket: 0..<packet.count, of: packet.span) {
            for index in found.header.dropFirst(12) { packet[index] = 0 }
        }
        guard let first = packet.first, first >> 4 == 4, packet.count >= 20 else { return packet }
        packet.replaceSubrange(4..<6, with: [0, 0])
        packet.replaceSubrange(10..<12, with: [0, 0])
        return packet
    }
}
