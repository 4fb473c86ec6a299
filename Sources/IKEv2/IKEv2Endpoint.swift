package import Cryptography
package import IPsec
import ISAKMP
package import Negotiation

/// All IKEv2 negotiations of a shard: finds the IKE SA an event is for, and carries what one SA tells to the others.
///
/// It has no sockets and no clock; the same events give the same effects.
package struct IKEv2Endpoint {
    var turn: Turn
    var associations = AssociationTable<IKESAID, IKESA>()
    /// By the SPI that we chose.
    var bySPI: [UInt64: IKESAID] = [:]
    var index = AssociationIndex<IKESAID>()
    /// Responder SAs that are not established, by what a repeated first message has in common with the first.
    var larval: [FirstMessage: IKESAID] = [:]
    var larvalByAddress: [IPAddress: Int] = [:]
    /// Whose the SAs in the database are, of either direction.
    var owners: [SecurityAssociationID: IKESAID] = [:]
    var deadlines = DeadlineQueue<IKESAID>()
    var challenge = CookieChallenge()
    var lastAnswers = LastAnswers()
    var dropped = RefusalCount()
    /// How often a version that we do not have was refused.
    var versionRefusals = RefusalCount()
    var isShutDown = false
    /// The blocks that established SAs follow.
    var followed = FollowedBlocks()
    private var lastID: UInt64 = 0

    struct FirstMessage: Hashable {
        let spi: UInt64
        let remote: Endpoint
    }

    /// - Parameter compressionIndices: those that no other endpoint of the same databases draws.
    package init(
        policy: NegotiationPolicy, random: any RandomSource,
        compressionIndices: CompressionIndices
    ) {
        turn = Turn(now: Instant(nanoseconds: 0), random: random, policy: policy, tokens: .upper)
        turn.compressionIndices = compressionIndices
    }

    var policy: NegotiationPolicy {
        get { turn.policy }
        set { turn.policy = newValue }
    }

    /// When `Event.deadline` is due; nil is never.
    package var nextDeadline: Instant? { deadlines.next }

    /// Takes an event and says what is to be done, in this order.
    package mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        guard !isShutDown else { return [] }
        turn.goOn(at: now)
        switch event {
        case .datagram(let datagram, let path): receive(datagram, path)
        case .deadline:
            while let owner = deadlines.takeDue(now: turn.now) { update(owner) { $0.handleDeadlines(&$1) } }
        case .initiate(let request): initiate(request)
        case .terminate(let tunnel): terminate(tunnel)
        case .shutDown: shutDown()
        case .reconfigured(let policy):
            self.policy = policy
            followed = FollowedBlocks()
        case .sharedSecretKeyed(let token, let answer):
            withOwner(of: token) { $0.receiveProof(token, .key(answer), &$1) }
        case .signed(let token, let answer):
            withOwner(of: token) { $0.receiveProof(token, .signature(answer), &$1) }
        case .verified(let token, let answer):
            withOwner(of: token) { $0.receiveProof(token, .verdict(answer), &$1) }
        case .installed(let token, let result):
            withOwner(of: token) { $0.receiveInstalled(token, result, &$1) }
        case .policyFound(let token, let policy):
            withOwner(of: token) { $0.receivePolicy(token, policy, &$1) }
        case .leased(let token, let result): receiveLease(token, result)
        case .database(let notification): receive(notification)
        }
        return turn.takeEffects()
    }

    mutating func newID() -> IKESAID {
        lastID &+= 1
        return IKESAID(value: lastID)
    }

    private mutating func withOwner(of token: EffectToken, _ body: (inout IKESA, inout Turn) -> Void) {
        guard let owner = turn.awaiting.removeValue(forKey: token) else { return }
        update(owner, body)
    }

    /// Addresses that came too late for whom they were meant are given back.
    private mutating func receiveLease(_ token: EffectToken, _ result: Result<[IPAddress], LeaseFailure>) {
        if let owner = turn.awaiting[token], associations[owner] != nil {
            withOwner(of: token) { $0.receiveLease(token, result, &$1) }
        } else if case .success(let addresses) = result {
            turn.effects.append(.release(addresses))
        }
    }

    /// Lets one SA act, then carries out what it tells.
    mutating func update(_ id: IKESAID, _ body: (inout IKESA, inout Turn) -> Void) {
        act(id, body)
        settle(id)
    }

    /// Apart from the settling, as whoever holds a place makes others work on a copy of it.
    private mutating func act(_ id: IKESAID, _ body: (inout IKESA, inout Turn) -> Void) {
        guard let place = associations.place(of: id) else { return }
        body(&place.association, &turn)
        guard !turn.outcomes.isEmpty else { return }
        let outcomes = turn.outcomes
        turn.outcomes = []
        for outcome in outcomes { perform(outcome, of: id, at: place) }
    }

    /// Brings the look-up tables in line with what an SA has become.
    mutating func settle(_ id: IKESAID) {
        guard let place = associations.place(of: id) else { return }
        if place.association.isOver {
            forgetLarval(at: place)
            if let (request, answer) = place.association.lastWords {
                lastAnswers.keep(answer, to: request, spi: place.association.ownSPI, now: turn.now)
            }
            bySPI[place.association.ownSPI] = nil
            associations[id] = nil
            index.forget(id)
            deadlines.set(nil, for: id)
        } else {
            if place.association.wasEstablished { endNegotiation(at: place) }
            deadlines.set(place.association.deadlines.next, for: id)
            index.note(
                id, address: place.association.path.remote.address,
                identity: place.association.provenIdentity)
            if place.association.replaces != nil { endReplaced(by: place.association) }
        }
    }

    /// What only a negotiation needs is given back once it is over.
    private mutating func endNegotiation(at place: AssociationTable<IKESAID, IKESA>.Place) {
        guard !place.association.candidates.isEmpty else { return }
        forgetLarval(at: place)
        place.association.candidates = []
        place.association.sharePeer(among: &followed)
    }

    private mutating func forgetLarval(at place: AssociationTable<IKESAID, IKESA>.Place) {
        let first = FirstMessage(spi: place.association.spis.initiator, remote: place.association.origin)
        guard place.association.role == .responder, larval[first] == place.association.id else { return }
        larval[first] = nil
        let address = first.remote.address
        let left = (larvalByAddress[address] ?? 1) - 1
        larvalByAddress[address] = left > 0 ? left : nil
    }
}
