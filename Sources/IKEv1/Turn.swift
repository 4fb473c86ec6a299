import Cryptography
import IPsec
import KeyMaterial
import Negotiation

/// What an ISAKMP SA's machine tells the endpoint that owns it.
enum Outcome {
    /// Phase 1 is done.
    case established
    /// Phase 1 failed or the SA is over; nothing of it is left.
    case ended(NegotiationFailure, String?)
    /// Phase 2 is done.
    case childEstablished(ChildSA)
    /// The peer repeated the message before last: it may not have got our last one of this exchange yet.
    case childUnconfirmed(SecurityAssociationID)
    /// The peer never confirmed a pair, which is gone here and may be in use there.
    case childTakenBack(ChildRequest)
    /// Phase 2 failed; nil as request where the peer had started it.
    case childFailed(ChildRequest?, NegotiationFailure)
    /// The peer deleted outbound SAs of ours by their SPIs.
    case childrenDeleted([SPI])
    /// An authenticated peer says it knows no SAs with us older than this one.
    case initialContact
    /// The peer's authenticated datagrams come from another endpoint now.
    case moved(from: Path)
    /// The ISAKMP SA is to be renewed.
    case renewalDue
    /// The peer did not answer whether it is alive.
    case peerDead(NegotiationFailure)
}

/// One turn of handling an event: the time, where randomness comes from, and what is to be done so far.
struct Turn {
    let now: Instant
    var random: any RandomSource
    let policy: NegotiationPolicy
    var effects: [Effect] = []
    var outcomes: [Outcome] = []
    /// Whose effects await an answer.
    var awaiting: [EffectToken: ISAKMPSAID] = [:]
    /// SPIs of inbound SAs that exist or are being negotiated.
    var usedSPIs: Set<SPI> = []
    private var tokens: UInt64 = 0

    init(now: Instant, random: any RandomSource, policy: NegotiationPolicy) {
        self.now = now
        self.random = random
        self.policy = policy
    }

    /// The turn after `previous`, which took over nothing but what outlives a turn.
    init(now: Instant, policy: NegotiationPolicy, after previous: Turn) {
        self.now = now
        self.policy = policy
        random = previous.random
        awaiting = previous.awaiting
        usedSPIs = previous.usedSPIs
        tokens = previous.tokens
    }

    /// A token whose answer will be given to `owner`.
    mutating func token(for owner: ISAKMPSAID) -> EffectToken {
        tokens &+= 1
        let token = EffectToken(tokens)
        awaiting[token] = owner
        return token
    }

    /// A number that is not 0, for cookies.
    mutating func cookie() -> UInt64 {
        var cookie: UInt64 = 0
        while cookie == 0 { cookie = UInt64(random.uint32()) << 32 | UInt64(random.uint32()) }
        return cookie
    }

    /// An SPI that no inbound SA of ours has and IANA has not reserved; nil if the random source repeats itself.
    mutating func spi() -> SPI? {
        for _ in 0..<ProtocolLimits.spiDraws {
            let spi = SPI(random.uint32())
            if !spi.isReserved, usedSPIs.insert(spi).inserted { return spi }
        }
        return nil
    }

    /// A share of `whole` between two parts in a thousand, drawn anew each time.
    mutating func share(of whole: Duration, _ range: ClosedRange<Int>) -> Duration {
        let width = UInt32(truncatingIfNeeded: range.upperBound - range.lowerBound + 1)
        return whole / 1000 * (range.lowerBound + Int(random.uint32() % width))
    }

    mutating func report(
        _ level: ReportLevel, _ kind: ReportKind, _ subject: ReportSubject, _ sentence: String,
        details: [String] = []
    ) {
        effects.append(.report(Report(level, kind, subject, sentence, details: details)))
    }

    mutating func report(_ kind: ReportKind, _ subject: ReportSubject, _ failure: NegotiationFailure) {
        var level = ReportLevel.error
        if case .cancelled = failure { level = .notice }
        report(level, kind, subject, failure.sentence, details: failure.details)
    }
}
