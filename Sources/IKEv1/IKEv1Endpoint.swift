import Credentials
package import Cryptography
package import IPsec
import ISAKMP
package import Negotiation

/// All IKEv1 negotiations of a shard: finds the ISAKMP SA an event is for, and carries what one SA tells to
/// the others.
///
/// It has no sockets and no clock; the same events give the same effects.
package struct IKEv1Endpoint {
    var turn: Turn
    var associations = AssociationTable<ISAKMPSAID, ISAKMPSA>()
    var index = AssociationIndex<ISAKMPSAID>()
    /// By the cookie that we chose.
    var byCookie: [UInt64: ISAKMPSAID] = [:]
    /// Responder SAs that are not established, by what a repeated first message has in common with the first.
    var larval: [FirstMessage: ISAKMPSAID] = [:]
    var larvalByAddress: [IPAddress: Int] = [:]
    var children = ChildSATable()
    var deadlines = DeadlineQueue<Owner>()
    var dropped = RefusalCount()
    var isShutDown = false
    /// The blocks that established SAs follow.
    var followed = FollowedBlocks()
    private var lastID: UInt64 = 0

    /// Who has something due.
    enum Owner: Hashable, Sendable {
        case association(ISAKMPSAID)
        case child(SecurityAssociationID)
    }

    struct FirstMessage: Hashable {
        let cookie: UInt64
        let remote: Endpoint
    }

    private typealias Place = AssociationTable<ISAKMPSAID, ISAKMPSA>.Place

    package init(policy: NegotiationPolicy, random: any RandomSource) {
        turn = Turn(now: Instant(nanoseconds: 0), random: random, policy: policy)
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
        case .deadline: handleDeadlines()
        case .initiate(let request): initiate(request)
        case .terminate(let tunnel): terminate(tunnel)
        case .shutDown: shutDown()
        case .reconfigured(let policy):
            self.policy = policy
            followed = FollowedBlocks()
        case .sharedSecretKeyed(let token, let answer):
            withOwner(of: token) { $0.receiveKey(token, answer, &$1) }
        case .signed(let token, let answer):
            withOwner(of: token) { $0.receiveSignature(token, answer, &$1) }
        case .verified(let token, let verdict):
            withOwner(of: token) { $0.receiveVerdict(token, verdict, &$1) }
        case .installed(let token, let result):
            withOwner(of: token) { $0.receiveInstalled(token, result, &$1) }
        case .policyFound(let token, let policy):
            withOwner(of: token) { $0.receivePolicy(token, policy, &$1) }
        // Nothing here asks for addresses.
        case .leased: break
        case .database(let notification): receive(notification)
        }
        return turn.takeEffects()
    }

    mutating func newID() -> ISAKMPSAID {
        lastID &+= 1
        return ISAKMPSAID(value: lastID)
    }

    private mutating func withOwner(of token: EffectToken, _ body: (inout ISAKMPSA, inout Turn) -> Void) {
        guard let owner = turn.awaiting.removeValue(forKey: token) else { return }
        update(owner, body)
    }

    /// Lets one SA act, then carries out what it tells.
    mutating func update(_ id: ISAKMPSAID, _ body: (inout ISAKMPSA, inout Turn) -> Void) {
        guard let association = change(id, body) else { return }
        let outcomes = turn.outcomes
        turn.outcomes = []
        for outcome in outcomes { perform(outcome, of: association) }
        settle(id)
    }

    /// Apart from what follows, as whoever holds a place makes others work on a copy of it.
    ///
    /// - Returns: the SA as it is now where it tells something, else nil, and it is settled.
    private mutating func change(
        _ id: ISAKMPSAID, _ body: (inout ISAKMPSA, inout Turn) -> Void
    ) -> ISAKMPSA? {
        guard let place = associations.place(of: id) else { return nil }
        body(&place.association, &turn)
        guard turn.outcomes.isEmpty else { return place.association }
        settle(id, at: place)
        return nil
    }

    /// Brings the look-up tables in line with what an SA has become.
    mutating func settle(_ id: ISAKMPSAID) {
        if let place = associations.place(of: id) { settle(id, at: place) }
    }

    private mutating func settle(_ id: ISAKMPSAID, at place: Place) {
        if place.association.isOver {
            forgetLarval(id, at: place)
            byCookie[place.association.ownCookie] = nil
            associations[id] = nil
            index.forget(id)
            deadlines.set(nil, for: .association(id))
        } else {
            if place.association.wasEstablished { endNegotiation(id, at: place) }
            if !place.association.isScheduled { schedule(id, at: place) }
            if !place.association.isIndexed { note(at: place) }
        }
    }

    private mutating func schedule(_ id: ISAKMPSAID, at place: Place) {
        deadlines.set(place.association.deadlines.next, for: .association(id))
        place.association.isScheduled = true
    }

    private mutating func note(at place: Place) {
        index.note(
            place.association.id, address: place.association.path.remote.address,
            identity: place.association.provenIdentity)
        place.association.isIndexed = true
    }

    /// What only a negotiation needs is given back once it is over.
    private mutating func endNegotiation(_ id: ISAKMPSAID, at place: Place) {
        guard !place.association.candidates.isEmpty else { return }
        forgetLarval(id, at: place)
        place.association.candidates = []
        place.association.sharePeer(among: &followed)
    }

    /// Those of some SAs that fit.
    func associations(
        _ ids: Set<ISAKMPSAID>, where isWanted: (ISAKMPSA) -> Bool
    ) -> [ISAKMPSA] {
        ids.compactMap { id in
            guard let place = associations.reading(id), isWanted(place.association) else { return nil }
            return place.association
        }
    }

    /// The SAs with an authenticated peer that fit.
    func associations(
        with identity: Identity, where isWanted: (ISAKMPSA) -> Bool
    ) -> [ISAKMPSA] {
        associations(index.associations(with: identity), where: isWanted)
    }

    /// The SAs under which a pair may be renewed or deleted.
    func owners(of child: ChildSA) -> [ISAKMPSA] {
        associations(with: child.peerIdentity) { belongs(child, to: $0) }
    }

    private mutating func forgetLarval(_ id: ISAKMPSAID, at place: Place) {
        guard place.association.role == .responder else { return }
        let first = FirstMessage(
            cookie: place.association.cookies.initiator, remote: place.association.origin)
        guard larval[first] == id else { return }
        larval[first] = nil
        let address = first.remote.address
        let left = (larvalByAddress[address] ?? 1) - 1
        larvalByAddress[address] = left > 0 ? left : nil
    }

    private mutating func handleDeadlines() {
        while let owner = deadlines.takeDue(now: turn.now) {
            switch owner {
            case .association(let id): update(id) { $0.handleDeadlines(&$1) }
            case .child(let id): handleDeadlines(ofChild: id)
            }
        }
    }
}
