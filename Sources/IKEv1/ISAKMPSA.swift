import Algorithms
import Credentials
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// One ISAKMP SA from its first message on: phase 1, then all that runs under its protection.
///
/// It knows nothing of other SAs; what concerns them is an `Outcome`.
struct ISAKMPSA {
    let id: ISAKMPSAID
    // What takes an octet each stands together, so that no room is lost between.
    let role: IKESAStatus.Role
    /// Whether no SAs with the peer existed when it began; known of an initiator only.
    let isFirstContact: Bool
    /// Whether no block is for the peer, so that it cannot become anybody; that has been reported.
    let isStranger: Bool
    /// Whether it was said that the peer's key seems to be another.
    var isKeyDoubted = false
    /// Whether phase 1 ever came to its end.
    private(set) var wasEstablished = false
    /// Whether the endpoint's index has its peer's address and identity as they are now.
    var isIndexed = false
    /// Whether the endpoint's queue has its next deadline as it is now.
    var isScheduled = false
    /// When its first message was sent or received.
    let begun: Instant
    var cookies: Cookies
    var path: Path {
        didSet {
            guard oldValue.remote != path.remote else { return }
            if first == nil { first = oldValue.remote }
            isIndexed = false
        }
    }
    /// Where the first message came from, or went.
    var origin: Endpoint { first ?? path.remote }
    private var first: Endpoint?
    /// The block it follows; as responder it may change among `candidates` until the peer is authenticated.
    @Boxed var peer: PeerPolicy
    /// None once it is established.
    var candidates: [Boxed<PeerPolicy>]
    var state: State
    /// What there is from the end of phase 1 on; beside the state, so that it is changed in its place.
    var established: EstablishedSA?
    var deadlines = Deadlines<Timer>() {
        didSet { isScheduled = false }
    }
    /// Wishes that wait for the end of phase 1.
    var requests: [ChildRequest] = []
    /// What an unauthenticated message claimed, for the report if nothing better comes.
    var hint: String?
    var sending: Sending?
    /// The datagram that moved phase 1 on.
    var heard: Fingerprint?
    var repeats = 0
    var dropped = RefusalCount()

    init(
        id: ISAKMPSAID, role: IKESAStatus.Role, begun: Instant, isFirstContact: Bool, cookies: Cookies,
        path: Path,
        peer: Boxed<PeerPolicy>, candidates: [Boxed<PeerPolicy>], state: State
    ) {
        self.id = id
        self.role = role
        self.begun = begun
        self.isFirstContact = isFirstContact
        self.cookies = cookies
        self.path = path
        _peer = peer
        self.candidates = candidates
        isStranger = candidates.isEmpty
        self.state = state
    }

    /// Main mode boxed, as it takes far more room than what comes of it.
    enum State {
        indirect case mainMode(MainMode)
        case established
        case over
    }

    enum Timer: Hashable, Sendable {
        case retransmit
        case giveUp
        case renew
        case expire
        case probe
        case keepalive
        case quickMode(UInt32)
        case quickModeGiveUp(UInt32)
    }

    /// The last message sent, and when it is sent again.
    struct Sending {
        var datagram: [UInt8]
        /// nil where the peer's repetition alone has it sent again.
        var schedule: RetransmissionSchedule?
    }

    /// Follows a block from now on.
    mutating func follow(_ block: Boxed<PeerPolicy>) {
        _peer = block
    }

    /// Keeps the block it follows in common with other SAs.
    ///
    /// - Parameter followed: the blocks that others follow.
    mutating func sharePeer(among followed: inout FollowedBlocks) {
        _peer = followed.shared(_peer)
    }

    var subject: ReportSubject {
        ReportSubject(tunnel: requests.first?.tunnel, peer: peer.name, path: path, ikeSA: ownCookie)
    }

    /// Its quick modes; none before the end of phase 1.
    var quickModes: [QuickMode] { established?.quickModes ?? [] }

    /// The quick mode with a message ID.
    func quickMode(_ messageID: UInt32) -> QuickMode? {
        quickModes.first { $0.messageID == messageID }
    }

    /// What was agreed on in phase 1; nil before its end.
    var terms: EstablishedSA.Terms? { established?.terms }

    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Who the peer has proven to be.
    var provenIdentity: Identity? { terms?.remoteIdentity }

    var ownCookie: UInt64 { role == .initiator ? cookies.initiator : cookies.responder }

    /// Handles a datagram whose cookies are this SA's.
    mutating func receive(_ datagram: [UInt8], _ header: MessageHeader, from path: Path, _ turn: inout Turn) {
        let fingerprint = header.exchangeType == .identityProtection ? Fingerprint(of: datagram) : nil
        if let fingerprint, isRepeated(fingerprint, &turn) { return }
        switch state {
        case .mainMode(let exchange):
            guard receive(datagram, header, path, in: exchange, &turn), let fingerprint else { return }
            remember(fingerprint)
        case .established: receiveProtected(datagram, header, path, &turn)
        case .over: break
        }
    }

    /// Handles the answer to an effect.
    mutating func receiveKey(
        _ token: EffectToken, _ answer: Result<SecretKey, SharedSecretFailure>, _ turn: inout Turn
    ) {
        guard case .mainMode(.keying(let keying)) = state, keying.token == token else { return }
        keyed(keying.exchanged, answer, &turn)
    }

    mutating func receiveSignature(
        _ token: EffectToken, _ answer: Result<SignatureAnswer, CredentialFailure>, _ turn: inout Turn
    ) {
        guard case .mainMode(.signing(let signing)) = state, signing.token == token else { return }
        signed(signing, answer, &turn)
    }

    mutating func receiveVerdict(
        _ token: EffectToken, _ verdict: Result<PeerCredential, CredentialFailure>, _ turn: inout Turn
    ) {
        guard case .mainMode(.verifying(let verifying)) = state, verifying.token == token else { return }
        verified(verifying, verdict, &turn)
    }

    /// Handles what is due.
    mutating func handleDeadlines(_ turn: inout Turn) {
        while !isOver, let timer = deadlines.takeDue(now: turn.now) {
            switch timer {
            case .retransmit: retransmit(&turn)
            case .giveUp: giveUp(&turn)
            case .renew: turn.outcomes.append(.renewalDue)
            case .expire: close("lifetime over", &turn)
            case .probe: probe(&turn)
            case .keepalive: keepAlive(&turn)
            case .quickMode(let messageID): continueQuickMode(messageID, &turn)
            case .quickModeGiveUp(let messageID): giveUpQuickMode(messageID, &turn)
            }
        }
    }

    /// Sends a phase 1 message, again and again until it is answered if `awaitsAnswer`.
    mutating func send(_ datagram: [UInt8], awaitsAnswer: Bool, _ turn: inout Turn) {
        var schedule: RetransmissionSchedule?
        if awaitsAnswer { schedule = RetransmissionSchedule(turn.policy.timers, random: &turn.random) }
        deadlines[.retransmit] = schedule.map { turn.now + $0.wait }
        sending = Sending(datagram: datagram, schedule: schedule)
        repeats = 0
        turn.effects.append(.send(datagram, path))
    }

    /// Phase 1 is done.
    mutating func establish(_ sa: EstablishedSA) {
        established = sa
        state = .established
        wasEstablished = true
        isIndexed = false
    }

    /// Ends the SA without saying so to the peer.
    mutating func end(_ failure: NegotiationFailure, _ turn: inout Turn, sentence: String? = nil) {
        guard !isOver else { return }
        abandonQuickModes(failure, &turn)
        let isReported = isPretence
        state = .over
        established = nil
        deadlines.clearAll()
        if !isReported { turn.outcomes.append(.ended(failure, sentence)) }
    }

    /// Tells the peer that the SA is over, and ends it.
    mutating func close(_ why: String, _ turn: inout Turn) {
        abandonQuickModes(.cancelled(why), &turn)
        deleteSelf(&turn)
        end(.cancelled(why), &turn, sentence: why)
    }

    /// Whether it goes on only so that the peer cannot see why it fails; that has been reported.
    private var isPretence: Bool {
        if case .mainMode(.keyed(let keyed)) = state, keyed.isPretence { true } else { isStranger }
    }

    /// Whether a phase 1 datagram came before; the answer to the last one is sent once more.
    private mutating func isRepeated(_ datagram: Fingerprint, _ turn: inout Turn) -> Bool {
        guard heard == datagram else { return false }
        repeats += 1
        if let sending, repeats <= ProtocolLimits.repeatedAnswers {
            turn.effects.append(.send(sending.datagram, path))
        }
        return true
    }

    /// Remembers the datagram that moved phase 1 on.
    mutating func remember(_ datagram: Fingerprint) {
        heard = datagram
        repeats = 0
    }

    private mutating func retransmit(_ turn: inout Turn) {
        guard var current = sending, var schedule = current.schedule, !schedule.isExhausted else { return }
        schedule.sendAgain()
        current.schedule = schedule
        sending = current
        deadlines[.retransmit] = turn.now + schedule.wait
        turn.effects.append(.send(current.datagram, path))
        turn.report(.debug, .progress, subject, "no answer yet, sent again (\(schedule.sent))")
    }

    private mutating func giveUp(_ turn: inout Turn) {
        guard case .mainMode(let exchange) = state else { return }
        let tries = 1 + (sending?.schedule?.sent ?? 0)
        let cause: NegotiationFailure.DeclineCause =
            if case .sentProposal = exchange {
                .unreached(awaiting: exchange.awaited, tries: tries, hint: hint)
            } else {
                .silent(awaiting: exchange.awaited, tries: tries, hint: hint)
            }
        end(.peerDeclined(cause), &turn)
    }

    private mutating func keepAlive(_ turn: inout Turn) {
        guard terms?.nat.isLocalBehindNAT == true, let interval = turn.policy.timers.natKeepalive else {
            return
        }
        turn.effects.append(.sendKeepalive(path))
        deadlines[.keepalive] = turn.now + interval
    }
}
