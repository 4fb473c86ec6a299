import Credentials
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// One IKE SA from its first message to its last, with the child SAs under it.
///
/// It knows nothing of other IKE SAs; what concerns them is an `Outcome`.
struct IKESA {
    /// Given by the endpoint; that of its predecessor until then.
    var id: IKESAID
    /// Which side started this SA: the one whose messages bear the initiator flag.
    let role: IKESAStatus.Role
    /// When its first message was sent or received.
    let begun: Instant
    /// Whether no SAs with the peer existed then; known of an initiator only.
    let isFirstContact: Bool
    var spis: IKESPIs
    /// Where the first message came from, or went.
    let origin: Endpoint
    var path: Path
    /// The block it follows; as responder it may change among `candidates` until the peer is authenticated.
    @Boxed var peer: PeerPolicy
    /// None once it is established.
    var candidates: [Boxed<PeerPolicy>]
    var state: IKESAState
    var window: MessageWindow<Request>
    var deadlines = Deadlines<Timer>()
    /// What waits for its turn.
    var tasks: [Task] = []
    /// What an unauthenticated message claimed, for the report if nothing better comes.
    var hint: String?
    var dropped = RefusalCount()
    var reassembly: FragmentReassembly?
    /// The request that is being answered, as it came, while the SA may end with the answer.
    var asked: [UInt8] = []
    /// When our IKE_SA_INIT is sent again.
    var initialSchedule: RetransmissionSchedule?
    /// Whether IKE_AUTH ever came to its end.
    var wasEstablished = false
    /// Child SAs that we have asked for, by our SPI, and do not want any more.
    var unwanted: Set<SPI> = []
    /// Addresses to ask the peer for, since we had them before.
    var formerAddresses: [IPAddress] = []
    /// What made us believe the peer; nil where a pre-shared key did.
    var credential: PeerCredential?
    /// The SA whose children it is to have, which ends then.
    var replaces: IKESAID?

    init(
        id: IKESAID, role: IKESAStatus.Role, begun: Instant, isFirstContact: Bool, spis: IKESPIs, path: Path,
        peer: Boxed<PeerPolicy>, candidates: [Boxed<PeerPolicy>], state: IKESAState,
        window: MessageWindow<Request>
    ) {
        self.id = id
        self.role = role
        self.begun = begun
        self.isFirstContact = isFirstContact
        self.spis = spis
        self.path = path
        origin = path.remote
        _peer = peer
        self.candidates = candidates
        self.state = state
        self.window = window
    }

    /// A request of ours under way, with what is needed to understand its answer.
    enum Request {
        case authenticate(ChildDraft?)
        case createChild(ChildDraft)
        case rekeySelf(SelfDraft)
        case deleteChildren([ChildIdentifier])
        case deleteSelf
        /// Whether the peer lives.
        case probe
    }

    /// A request to be made.
    enum Task {
        case createChild(ChildRequest)
        /// The inbound SPI of the child to be replaced.
        case rekeyChild(SPI)
        case rekeySelf
        case deleteChildren([ChildIdentifier])
        case deleteSelf
        case probe
    }

    enum Timer: Hashable, Sendable {
        /// IKE_SA_INIT of ours.
        case retransmitInitial
        /// Another request of ours, by its message ID.
        case retransmit(UInt32)
        /// It takes too long to become established.
        case giveUp
        case expire
        /// A successor is due.
        case rekeySelf
        /// What was put off is tried again.
        case postponed
        case probe
        case keepalive
        /// By inbound SPI: its successor is due.
        case rekeyChild(SPI)
        /// By inbound SPI: it is over by itself.
        case expireChild(SPI)
        /// By inbound SPI: packets that were under way have come by now.
        case removeInbound(SPI)
    }

    var subject: ReportSubject {
        var tunnel: String?
        for case .createChild(let request) in tasks where tunnel == nil { tunnel = request.tunnel }
        return ReportSubject(tunnel: tunnel, peer: peer.name, path: path, ikeSA: ownSPI)
    }

    var established: EstablishedSA? {
        if case .established(let sa) = state { sa } else { nil }
    }

    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// The answer that the SA ended with, and what it answers; nil where it ended otherwise.
    var lastWords: (request: [UInt8], answer: [[UInt8]])? {
        asked.isEmpty || window.lastAnswer.isEmpty ? nil : (asked, window.lastAnswer)
    }

    /// Who we say that we are.
    var localIdentity: Identity { peer.identity(at: path.local.address) }

    /// Who the peer has proven to be.
    var provenIdentity: Identity? {
        if case .established(let sa) = state { sa.remoteIdentity } else { nil }
    }

    /// What protects messages; nil before there are keys.
    var secured: Secured? {
        switch state {
        case .authenticating(let authenticating): authenticating.secured
        case .established(let sa): sa.secured
        case .initiating, .answered, .over: nil
        }
    }

    var ownSPI: UInt64 { role == .initiator ? spis.initiator : spis.responder }

    /// The block it follows, as it is kept.
    var block: Boxed<PeerPolicy> {
        get { _peer }
        set { _peer = newValue }
    }

    /// Keeps the block it follows in common with other SAs.
    ///
    /// - Parameter followed: the blocks that others follow.
    mutating func sharePeer(among followed: inout FollowedBlocks) {
        _peer = followed.shared(_peer)
    }

    /// Changes what is established; nothing where it is not.
    mutating func updateEstablished(_ change: (inout EstablishedSA) -> Void) {
        guard case .established(var sa) = state else { return }
        state = .over
        change(&sa)
        state = .established(sa)
    }

    /// Handles what whoever holds the keys answered.
    mutating func receiveProof(_ token: EffectToken, _ answer: ProofAnswer, _ turn: inout Turn) {
        guard case .authenticating(let authenticating) = state else { return }
        if case .verdict(.success(let credential)) = answer { self.credential = credential }
        switch authenticating.step {
        case .makingAuth(token, let identification): makeAuth(authenticating, identification, answer, &turn)
        case .checkingAnswer(token, let claimed): checkAnswer(authenticating, claimed, answer, &turn)
        case .checkingAuth(token, let request): checkAuth(authenticating, request, answer, &turn)
        case .makingAnswer(token, let request, let identification):
            makeAnswer(authenticating, request, identification, answer, &turn)
        case .makingAuth, .checkingAnswer, .checkingAuth, .makingAnswer, .sentAuth, .awaitingAuth: return
        }
    }

    /// Handles what is due.
    mutating func handleDeadlines(_ turn: inout Turn) {
        while !isOver, let timer = deadlines.takeDue(now: turn.now) {
            switch timer {
            case .retransmitInitial: retransmitInitial(&turn)
            case .retransmit(let messageID): retransmit(messageID, &turn)
            case .giveUp: giveUp(&turn)
            case .expire: expire(&turn)
            case .rekeySelf: renew(&turn)
            case .postponed: resume(&turn)
            case .probe: probe(&turn)
            case .keepalive: keepAlive(&turn)
            case .rekeyChild(let spi): enqueue(.rekeyChild(spi), &turn)
            case .expireChild(let spi): expireChild(spi, &turn)
            case .removeInbound(let spi): removeInbound(spi, &turn)
            }
        }
    }

    /// One step of an exchange, in the RFC's arrows, for whoever asks for details.
    func step(_ sentence: String, _ turn: inout Turn) {
        turn.report(.debug, .progress, subject, sentence)
    }

    /// Keeps a message for whoever asks afterwards what was said.
    ///
    /// - Parameter octets: of the message without encryption; nil for one too long to be kept.
    func trace(_ direction: MessageTrace.Direction, _ octets: [UInt8]?, _ turn: inout Turn) {
        guard let octets else { return }
        turn.effects.append(.trace(MessageTrace(direction, octets, subject) { Message.words($0) }))
    }

    /// Says what was dropped, but not for each datagram that somebody cares to send.
    mutating func drop(_ what: String, _ turn: inout Turn) {
        turn.reportDrop("dropped: \(what)", .debug, subject, counting: &dropped)
    }

    /// Ends the SA and its children without saying so to the peer.
    ///
    /// - Parameter sentence: what to tell of an SA that was established; nil to tell the failure.
    mutating func end(_ failure: NegotiationFailure, _ turn: inout Turn, sentence: String? = nil) {
        guard !isOver else { return }
        let wishes = unmetWishes
        removeAllChildren(sentence ?? failure.sentence, &turn)
        giveBackAddresses(&turn)
        for outstanding in window.outstanding {
            if let draft = outstanding.kind.draft { turn.release(draft.spi) }
        }
        state = .over
        deadlines.clearAll()
        tasks = []
        turn.outcomes.append(.ended(failure, sentence))
        for wish in wishes { turn.outcomes.append(.childFailed(wish, failure)) }
    }

    /// Child SAs that were asked for and do not exist yet.
    private var unmetWishes: [ChildRequest] {
        let waiting = (tasks + (established?.postponed ?? [])).compactMap { task in
            if case .createChild(let request) = task { request } else { nil }
        }
        let underWay = window.outstanding.compactMap(\.kind.draft).filter {
            $0.replaces == nil && !unwanted.contains($0.spi)
        }.map(\.request)
        return underWay + waiting
    }

    private mutating func expire(_ turn: inout Turn) {
        guard let sa = established else { return }
        close(sa.standing == .current ? "lifetime over" : sa.standing.end, &turn)
    }

    /// Ends what the SA carries, tells the peer, and waits for it to have heard.
    mutating func takeDown(_ why: String, _ turn: inout Turn) {
        guard established != nil else {
            end(.cancelled(why), &turn, sentence: why)
            return
        }
        removeAllChildren(why, &turn)
        updateEstablished {
            $0.standing = .closing(why: why)
            $0.installing = [:]
            $0.answering = nil
            $0.postponed = []
        }
        deadlines.clearAll()
        for waiting in window.outstanding {
            deadlines[.retransmit(waiting.messageID)] = turn.now + waiting.schedule.wait
        }
        deadlines[.expire] = turn.now + ProtocolLimits.supersededLife
        tasks = []
        enqueue(.deleteSelf, &turn)
    }

    /// Tells the peer that the SA is over, and ends it without waiting for an answer.
    mutating func close(_ why: String, _ turn: inout Turn) {
        if established != nil, window.nextRequest != nil {
            request(.deleteSelf, .informationalIKEv2, [.delete(.ikeSA)], &turn)
        }
        end(.cancelled(why), &turn, sentence: why)
    }
}
