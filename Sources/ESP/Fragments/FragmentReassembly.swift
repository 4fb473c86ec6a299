package import IPsec

/// Puts fragments together again, whatever order they come in.
///
/// Fragments that overlap are refused with their whole packet (RFC 5722; RFC 1858 and 3128 tell what they are used
/// for with IPv4). Memory and time are bounded: of too many packets the oldest is given up.
package struct FragmentReassembly: Sendable {
    /// What tells the fragments of one packet from others'.
    private struct Key: Hashable {
        let source: IPAddress
        let destination: IPAddress
        let identification: UInt32
        /// IPv4 alone (RFC 791); 0 for IPv6 (RFC 8200 section 4.5).
        let upperProtocol: UInt8
    }

    package enum Outcome: Equatable, Sendable {
        /// Not a fragment: nothing to do.
        case whole
        case incomplete
        /// The packet that this was the last missing piece of.
        case complete([UInt8])
        case refused(DropReason)
    }

    private var partials: [Key: PartialPacket] = [:]
    private let limit: Int
    private let patience: Duration

    /// - Parameters:
    ///   - limit: Packets put together at a time; each needs at most 64 KiB.
    ///   - patience: How long a packet's fragments are waited for, from the first that came.
    package init(limit: Int = 64, patience: Duration = .seconds(30)) {
        self.limit = limit
        self.patience = patience
    }

    /// Packets of which something is missing.
    package var waitingCount: Int { partials.count }

    package static func isFragment(_ packet: Span<UInt8>) -> Bool {
        (try? IPHeader(packet))?.isFragment ?? false
    }

    /// Takes an IP packet, which may be a fragment.
    package mutating func take(_ packet: Span<UInt8>, now: Instant) -> Outcome {
        do throws(DropReason) {
            let header = try IPHeader(packet)
            guard header.isFragment else { return .whole }
            let fragment = try Fragment(header, packet)
            return try take(fragment, header, packet, now: now).map(Outcome.complete) ?? .incomplete
        } catch {
            return .refused(error)
        }
    }

    /// Gives up packets whose fragments took too long; returns how many.
    package mutating func expire(now: Instant) -> Int {
        let before = partials.count
        partials = partials.filter { now - $0.value.since < patience }
        return before - partials.count
    }

    private mutating func take(
        _ fragment: Fragment, _ header: IPHeader, _ packet: Span<UInt8>, now: Instant
    ) throws(DropReason) -> [UInt8]? {
        // A packet in one fragment has nothing to do with others of its number (RFC 6946).
        if fragment.offset == 0, fragment.isLast {
            var alone = PartialPacket(since: now)
            return try alone.take(fragment, header, packet)
        }
        let key = Key(
            source: header.source, destination: header.destination, identification: fragment.identification,
            upperProtocol: header.family == .ipv4 ? fragment.upperProtocol : 0)
        var partial = partials.removeValue(forKey: key) ?? PartialPacket(since: now)
        if now - partial.since >= patience { partial = PartialPacket(since: now) }
        makeRoom(now: now)
        do throws(DropReason) {
            let whole = try partial.take(fragment, header, packet)
            if whole == nil { partials[key] = partial }
            return whole
        } catch {
            partials[key] = partial
            throw error
        }
    }

    private mutating func makeRoom(now: Instant) {
        guard partials.count >= limit else { return }
        _ = expire(now: now)
        guard partials.count >= limit, let oldest = partials.min(by: { $0.value.since < $1.value.since })
        else { return }
        partials[oldest.key] = nil
    }
}
