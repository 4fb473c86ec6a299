package import CaptureFile
package import ControlProtocol
package import Cryptography
package import ESP
package import IPsec

/// Seals the packets of a capture with one SA, as its sender would.
package struct SealedCapture: ~Copyable {
    private var engine: SealingEngine
    private let selector: Selector?
    private let association: SecurityAssociation
    package private(set) var counts = Counts()

    /// What the packets came to.
    package struct Counts: Hashable, Sendable {
        package var sealed: UInt64 = 0
        /// Not IP, cut, or not what the SA is for.
        package var leftOut: UInt64 = 0
        /// Why the engine would not seal some, and how many.
        package var refused: [DropReason: UInt64] = [:]

        private var reasons: [(reason: DropReason, packets: UInt64)] {
            refused.sorted { $0.key.counterName < $1.key.counterName }.map { ($0.key, $0.value) }
        }

        /// The same for people.
        package var lines: [String] {
            ["\(sealed) packets sealed, \(leftOut) not for the SA"]
                + reasons.map { "\($0.packets) not sealed: \($0.reason.sentence)" }
        }

        /// The same for programs.
        package var json: JSONValue {
            .object([
                .init("type", .string("sealed")), .init("packets", .count(sealed)),
                .init("left_out", .count(leftOut)),
                .init(
                    "not_sealed",
                    .array(
                        reasons.map {
                            .object([
                                .init("reason", .string($0.reason.counterName)),
                                .init("packets", .count($0.packets)),
                            ])
                        })),
            ])
        }
    }

    private static let headroom = PacketRoom.headroom + 48

    /// - Throws: `unsupported` with a sentence, for an SA that the engine cannot use.
    package init(_ entry: SADEntry, random: inout some RandomSource) throws(DatabaseFailure) {
        var entry = entry
        entry.lifetime = .unlimited
        let association = try SecurityAssociation(entry, direction: .outbound)
        engine = try SealingEngine(association, random: &random)
        self.association = association
        selector = entry.selector
    }

    /// The packet, sealed; nil for one that is left out.
    ///
    /// - Parameter frame: nil where there is no IP packet.
    package mutating func seal(_ captured: CapturedPacket, _ frame: LinkFrame?) -> [UInt8]? {
        let packet = frame.map { Array(captured.bytes[$0.headerCount...]) } ?? []
        guard captured.missingCount == 0, isFor(packet) else {
            counts.leftOut += 1
            return nil
        }
        var room = [UInt8](repeating: 0, count: Self.headroom) + packet
        room += Array(repeating: 0, count: PacketRoom.tailroom(for: association))
        do throws(DropReason) {
            var span = room.mutableSpan
            let sealed = try engine.seal(
                &span, packet: Self.headroom..<Self.headroom + packet.count)
            counts.sealed += 1
            return Array(room[sealed])
        } catch {
            counts.refused[error, default: 0] += 1
            return nil
        }
    }

    /// Whether the SA is for the packet: its selector, and between hosts their addresses.
    private func isFor(_ packet: [UInt8]) -> Bool {
        guard let flow = try? PacketFlow(packet.span) else { return false }
        if let selector, !selector.selects(flow) { return false }
        guard association.mode == .transport else { return true }
        return flow.source == association.source && flow.destination == association.id.destination
    }
}

/// The engine's outbound side for one SA.
private struct SealingEngine: ~Copyable {
    private var esp: OutboundSA?
    private var ah: OutboundAHSA?
    private var ipcomp: OutboundIPCompSA?

    init(_ association: SecurityAssociation, random: inout some RandomSource) throws(DatabaseFailure) {
        switch association.id.protocol {
        case .esp: esp = try OutboundSA(association, random: &random)
        case .ah: ah = try OutboundAHSA(association, random: &random)
        case .ipcomp: ipcomp = try OutboundIPCompSA(association, random: &random)
        }
    }

    mutating func seal(
        _ buffer: inout MutableSpan<UInt8>, packet: Range<Int>
    ) throws(DropReason) -> Range<Int> {
        if let sealed = try esp?.seal(&buffer, packet: packet) { return sealed.packet }
        if let sealed = try ah?.seal(&buffer, packet: packet) { return sealed.packet }
        if let sealed = try ipcomp?.seal(&buffer, packet: packet) { return sealed.packet }
        throw .notESP
    }
}
