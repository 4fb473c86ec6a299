internal import Algorithms
internal import ESP
internal import IPsec
package import SADText

/// One stated SA, with the engine that opens its packets, and what became of them.
package final class AuditedAssociation {
    package let stated: StatedAssociation
    package private(set) var counts = AssociationCounts()
    /// nil where the engine cannot use the SA; `obstacle` says why.
    private let association: SecurityAssociation?
    private let obstacle: String
    private var engine: OpeningEngine?
    private var resealing: ESPResealing?
    private var track: SequenceTrack
    private let windowSize: UInt32
    /// Whether the text did not say transport or tunnel.
    private var isOfUnknownMode: Bool
    /// Whether the high half of extended numbers is still to be found out.
    private var isUnsettled: Bool
    private var hasAdvised = false

    /// Which replay window a receiver is thought to have where its SA states none.
    static let usualWindow: UInt32 = 64

    init(_ stated: StatedAssociation, _ options: AuditOptions) {
        self.stated = stated
        let replay = stated.entry.replay
        windowSize = options.replayWindow ?? (replay.window == 0 ? Self.usualWindow : replay.window)
        isOfUnknownMode = stated.entry.mode == nil
        isUnsettled = replay.usesExtendedSequenceNumbers
        track = SequenceTrack(window: windowSize, isExtended: isUnsettled, start: 0)
        do throws(DatabaseFailure) {
            let association = try Self.association(stated.entry)
            engine = try OpeningEngine(association)
            if options.reseals, association.id.protocol == .esp {
                resealing = try ESPResealing(association)
            }
            (self.association, obstacle) = (association, "")
        } catch {
            (association, obstacle) = (nil, error.explanation)
        }
    }

    /// The SA without what depends on when a packet comes.
    private static func association(_ entry: SADEntry) throws(DatabaseFailure) -> SecurityAssociation {
        var entry = entry
        entry.lifetime = .unlimited
        entry.initialUsage = nil
        entry.replay = SADEntry.ReplayProtection(
            usesExtendedSequenceNumbers: entry.replay.usesExtendedSequenceNumbers)
        // Unknown is tried as a tunnel first: its next header tells.
        if entry.mode == nil { entry.mode = .tunnel }
        return try SecurityAssociation(entry, direction: .inbound)
    }

    /// Opens the packet in `buffer`.
    ///
    /// - Returns: What there is to say of it, and where the packet inside is, if there is one.
    func examine(
        _ packet: ProtectedPacket, in range: Range<Int>, of buffer: inout [UInt8]
    ) -> (finding: SealedFinding, inside: Range<Int>?) {
        counts.packets += 1
        counts.octets += UInt64(packet.header.totalCount)
        var finding = SealedFinding(
            protocol: packet.protocol, spi: packet.spi,
            sequence: packet.sequence.map { track.sequence($0) }, verdict: .unusable(obstacle))
        guard let association else { return (finding, nil) }
        let captured = Array(buffer[range])
        let result = open(packet, association, captured, at: range.lowerBound, &buffer)
        finding.sequence = packet.sequence.map { track.sequence($0) }
        let inside = note(result, packet, association, &finding)
        if finding.verdict == .bad || isRefused(finding), counts.good == 0, !hasAdvised {
            hasAdvised = true
            finding.advice = KeyAdvice(stated, association).sentence(packet, captured, at: range.lowerBound)
        }
        if case .good = finding.verdict { reseal(packet, captured, at: range.lowerBound, &finding) }
        counts.note(finding)
        counts.note(track)
        return (finding, inside)
    }

    /// Whether what was decrypted makes no sense: without an integrity check that is how a wrong key shows.
    private func isRefused(_ finding: SealedFinding) -> Bool {
        guard finding.verdict == .unchecked, case .refused = finding.inside else { return false }
        return true
    }

    /// Writes a verdict into a finding; where the packet inside is.
    private func note(
        _ result: Result<OpenedPacket, DropReason>, _ packet: ProtectedPacket,
        _ association: SecurityAssociation, _ finding: inout SealedFinding
    ) -> Range<Int>? {
        let genuine = association.hasIntegrityCheck ? SealedFinding.Verdict.good : .unchecked
        var inside: Range<Int>?
        switch result {
        case .success(let opened):
            finding.verdict = genuine
            finding.inside = .packet(opened.flow, count: opened.packet.count)
            inside = opened.packet
        case .failure(.dummy):
            finding.verdict = genuine
            finding.inside = .dummy
        case .failure(let reason) where reason.followsIntegrityCheck:
            finding.verdict = genuine
            finding.inside = .refused(reason)
        case .failure(.integrityFailed):
            finding.verdict = .bad
            return nil
        case .failure(let reason):
            finding.verdict = .refused(reason)
            return nil
        }
        if let sequence = finding.sequence {
            let (verdict, gap) = track.note(sequence)
            (finding.replay, finding.gap) = (verdict, gap)
        }
        return inside
    }

    private func open(
        _ packet: ProtectedPacket, _ association: SecurityAssociation, _ captured: [UInt8], at start: Int,
        _ buffer: inout [UInt8]
    ) -> Result<OpenedPacket, DropReason> {
        let first = attempt(packet, &buffer)
        if isOfUnknownMode, case .failure(.wrongNextHeader) = first {
            return inTransportMode(packet, association, captured, at: start, &buffer) ?? first
        }
        guard isUnsettled else { return first }
        if case .failure(.integrityFailed) = first {
            return settle(packet, association, captured, at: start, &buffer) ?? first
        }
        isUnsettled = false
        return first
    }

    private func attempt(
        _ packet: ProtectedPacket, _ buffer: inout [UInt8]
    ) -> Result<OpenedPacket, DropReason> {
        do throws(DropReason) {
            var span = buffer.mutableSpan
            guard let opened = try engine?.open(&span, packet.form) else { return .failure(.notESP) }
            return .success(opened)
        } catch {
            return .failure(error)
        }
    }

    /// Opens the packet in transport mode, which the SA then has.
    private func inTransportMode(
        _ packet: ProtectedPacket, _ association: SecurityAssociation, _ captured: [UInt8], at start: Int,
        _ buffer: inout [UInt8]
    ) -> Result<OpenedPacket, DropReason>? {
        var other = association
        other.mode = .transport
        other.replay.inboundSequence = packet.sequence.map { track.sequence($0) } ?? 0
        let result = with(other, packet, captured, at: start, &buffer)
        isOfUnknownMode = false
        engine = try? OpeningEngine(other)
        return result
    }

    /// Tries high halves near the one that the text tells; nil if none fits.
    private func settle(
        _ packet: ProtectedPacket, _ association: SecurityAssociation, _ captured: [UInt8], at start: Int,
        _ buffer: inout [UInt8]
    ) -> Result<OpenedPacket, DropReason>? {
        let stated = stated.entry.replay
        let near = max(stated.inboundSequence, stated.outboundSequence) >> 32
        for high in Set([near, near &+ 1, near &- 1, 1]) where high > 0 && high <= UInt64(UInt32.max) {
            var other = association
            other.replay.inboundSequence = high << 32 | UInt64(packet.sequence ?? 0)
            guard let result = with(other, packet, captured, at: start, &buffer) else { continue }
            isUnsettled = false
            track = SequenceTrack(
                window: windowSize, isExtended: true, start: other.replay.inboundSequence &- 1)
            engine = try? OpeningEngine(other)
            return result
        }
        return nil
    }

    /// Opens the packet as another SA would; nil if it is not genuine there.
    private func with(
        _ association: SecurityAssociation, _ packet: ProtectedPacket, _ captured: [UInt8], at start: Int,
        _ buffer: inout [UInt8]
    ) -> Result<OpenedPacket, DropReason>? {
        buffer.replaceSubrange(start..<start + captured.count, with: captured)
        do throws(DropReason) {
            var engine: OpeningEngine
            do throws(DatabaseFailure) {
                engine = try OpeningEngine(association)
            } catch {
                return nil
            }
            var span = buffer.mutableSpan
            return try engine.open(&span, packet.form).map { .success($0) }
        } catch {
            return error.followsIntegrityCheck ? .failure(error) : nil
        }
    }

    private func reseal(
        _ packet: ProtectedPacket, _ captured: [UInt8], at start: Int, _ finding: inout SealedFinding
    ) {
        guard let range = packet.espRange, let sequence = finding.sequence else { return }
        let esp = Array(captured[range.lowerBound - start..<range.upperBound - start])
        guard let again = resealing?.resealed(esp, sequence: sequence) else { return }
        guard again != esp else {
            finding.resealing = .identical
            return
        }
        finding.resealing = .differs(at: zip(again, esp).prefix { $0 == $1 }.count)
    }
}

extension SecurityAssociation {
    /// Whether a packet that was altered is found out.
    var hasIntegrityCheck: Bool {
        switch id.protocol {
        case .esp: transform.encryption.algorithm.isAEAD || transform.integrity != nil
        case .ah: true
        case .ipcomp: false
        }
    }
}
