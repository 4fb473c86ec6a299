import IPsec

/// Packets that wait for an SA that is being negotiated, and who has been asked for it.
struct PendingPackets {
    /// What one negotiation is for: a policy and, where the policy leaves it open, a peer.
    struct Key: Hashable {
        let policy: SecurityPolicyID
        let remote: IPAddress
    }

    private struct Waiting {
        let since: Instant
        var packets: [[UInt8]]
    }

    enum Outcome: Equatable {
        /// The first: ask for an SA, with this sequence number.
        case asked(sequence: UInt32)
        case held
        case full
    }

    private var waiting: [Key: Waiting] = [:]
    private var lastSequence: UInt32 = 0

    /// Packets kept for one negotiation.
    static let limit = 16
    /// Negotiations waited for at a time; a scan of a whole network must not exhaust us.
    static let negotiationLimit = 1024
    /// How long an unanswered question stands.
    static let patience = Duration.seconds(30)

    var isEmpty: Bool { waiting.isEmpty }
    var keys: [Key] { Array(waiting.keys) }

    /// Keeps a packet, if there is room, and says whether an SA has to be asked for.
    mutating func hold(_ packet: @autoclosure () -> [UInt8], for key: Key, now: Instant) -> Outcome {
        guard let count = waiting[key]?.packets.count else {
            guard waiting.count < Self.negotiationLimit else { return .full }
            waiting[key] = Waiting(since: now, packets: [packet()])
            lastSequence = lastSequence == .max ? 1 : lastSequence + 1
            return .asked(sequence: lastSequence)
        }
        guard count < Self.limit else { return .full }
        waiting[key]?.packets.append(packet())
        return .held
    }

    /// One of the packets that wait for a negotiation.
    func sample(_ key: Key) -> [UInt8]? { waiting[key]?.packets.first }

    /// Gives out the packets of a negotiation that is over.
    mutating func release(_ key: Key) -> [[UInt8]] {
        waiting.removeValue(forKey: key)?.packets ?? []
    }

    /// Gives up negotiations that took too long; returns how many packets that cost.
    mutating func expire(now: Instant) -> Int {
        let late = waiting.filter { now - $0.value.since >= Self.patience }
        for key in late.keys { waiting[key] = nil }
        return late.values.reduce(0) { $0 + $1.packets.count }
    }
}
