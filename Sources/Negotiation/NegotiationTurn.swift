package import Credentials
package import Cryptography
package import IPsec

/// One turn of handling an event: the time, where randomness comes from, and what is to be done so far.
///
/// - Parameters:
///   - Owner: what tells one IKE SA of an endpoint from another.
///   - Outcome: what an IKE SA's machine tells the endpoint that owns it.
@usableFromInline
package struct NegotiationTurn<Owner: Hashable & Sendable, Outcome> {
    package private(set) var now: Instant
    package var random: any RandomSource
    package var policy: NegotiationPolicy
    package var effects: [Effect] = []
    package var outcomes: [Outcome] = []
    /// Whose effects await an answer.
    @usableFromInline package var awaiting: [EffectToken: Owner] = [:]
    /// SPIs of inbound SAs that exist or are being negotiated.
    package var usedSPIs: Set<SPI> = []
    /// CPIs of inbound IPComp SAs.
    package var compressionIndices = CompressionIndices()
    /// Which refused messages are told of.
    var refusals = RefusalSampling()
    @usableFromInline var tokens: UInt64

    /// The turn before the first event.
    ///
    /// - Parameter tokens: whose half of the numbers tokens are drawn from.
    package init(
        now: Instant, random: any RandomSource, policy: NegotiationPolicy, tokens: EffectToken.Half = .lower
    ) {
        self.now = now
        self.random = random
        self.policy = policy
        self.tokens = tokens.rawValue
    }

    /// Goes on to the turn after this one, which takes over nothing but what outlives a turn.
    package mutating func goOn(at now: Instant) {
        self.now = now
        effects.reserveCapacity(usualEffects)
        outcomes = []
    }

    /// What is to be done, which is left out of the turn.
    package mutating func takeEffects() -> [Effect] {
        let taken = effects
        effects = []
        return taken
    }

    /// A token whose answer will be given to `owner`.
    @inlinable
    package mutating func token(for owner: Owner) -> EffectToken {
        tokens &+= 1
        let token = EffectToken(tokens)
        awaiting[token] = owner
        return token
    }

    /// A number that is not 0, for cookies and the SPIs of IKE SAs.
    package mutating func cookie() -> UInt64 {
        var cookie: UInt64 = 0
        while cookie == 0 { cookie = UInt64(random.uint32()) << 32 | UInt64(random.uint32()) }
        return cookie
    }

    /// An SPI that no inbound SA of ours has and IANA has not reserved; nil if the random source repeats itself.
    package mutating func spi() -> SPI? {
        for _ in 0..<spiDraws {
            let spi = SPI(random.uint32())
            if !spi.isReserved, usedSPIs.insert(spi).inserted { return spi }
        }
        return nil
    }

    /// Nothing has this inbound SPI any more.
    package mutating func release(_ spi: SPI) {
        usedSPIs.remove(spi)
        compressionIndices.release(spi)
    }

    /// A CPI for the IPComp SA beside the one with this inbound SPI; nil where none is free.
    package mutating func compressionIndex(for spi: SPI) -> SPI? {
        compressionIndices.draw(for: spi, random: &random)
    }

    /// A share of `whole` between two parts in a thousand, drawn anew each time.
    package mutating func share(of whole: Duration, _ range: ClosedRange<Int>) -> Duration {
        let width = UInt32(truncatingIfNeeded: range.upperBound - range.lowerBound + 1)
        let parts = Int64(range.lowerBound) + Int64(random.uint32() % width)
        return .nanoseconds(whole.wholeNanoseconds / 1000 * parts)
    }

    package mutating func report(
        _ level: ReportLevel, _ kind: ReportKind, _ subject: consuming ReportSubject,
        _ sentence: consuming String, details: [String] = []
    ) {
        effects.append(.report(Report(level, kind, subject, sentence, details: details)))
    }

    /// Reports an IKE SA with a peer who has proven who it is.
    package mutating func report(
        established subject: consuming ReportSubject, with identity: Identity?, _ sentence: consuming String
    ) {
        effects.append(.report(Report(.notice, .ikeEstablished, subject, sentence, identity: identity)))
    }

    /// Reports the end of an IKE SA: why, in words where there are better ones than the failure's.
    package mutating func report(
        gone subject: ReportSubject, _ failure: NegotiationFailure, _ sentence: String
    ) {
        effects.append(.report(Report(.notice, .ikeGone, subject, sentence, failure: failure)))
    }

    /// Reports what is wrong on a level of its own choice.
    ///
    /// - Parameter remark: what is added to the sentence.
    package mutating func report(
        _ level: ReportLevel, _ kind: ReportKind, _ subject: ReportSubject, _ failure: NegotiationFailure,
        remark: String = ""
    ) {
        let report = Report(
            level, kind, subject, failure.sentence + remark, details: failure.details, failure: failure)
        effects.append(.report(report))
    }

    /// Says what was dropped, but not for each datagram that somebody cares to send.
    package mutating func reportDrop(
        _ sentence: String, _ level: ReportLevel, _ subject: ReportSubject, counting drops: inout RefusalCount
    ) {
        guard let count = drops.count(now: now) else { return }
        report(
            level, .dropped, subject,
            sentence + (count > 1 ? " (\(count) dropped since the last report)" : ""))
    }

    /// Says once in a while why first messages are refused.
    package mutating func reportRefusal(
        _ failure: NegotiationFailure, on path: Path, counting drops: inout RefusalCount
    ) {
        guard let count = drops.count(now: now) else { return }
        report(
            .warning, .negotiationFailed, ReportSubject(path: path), failure,
            remark: count > 1 ? " (\(count) messages dropped since the last report)" : "")
    }

    package mutating func report(
        _ kind: ReportKind, _ subject: ReportSubject, _ failure: NegotiationFailure
    ) {
        var level = ReportLevel.error
        if case .cancelled = failure { level = .notice }
        report(level, kind, subject, failure)
    }
}

/// Effects that few turns exceed.
private let usualEffects = 4

/// SPIs drawn before a collision is taken for a fault of the random source.
private let spiDraws = 8
