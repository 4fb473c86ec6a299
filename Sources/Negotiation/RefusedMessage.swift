package import IPsec

/// A message that no IKE SA came of, for whoever asks afterwards what was wrong with it.
package struct RefusedMessage: Sendable {
    package var path: Path
    package var octets: [UInt8]
    /// Why, and further lines where they help.
    package var sentence: String
    package var details: [String]
    /// Others since the last that was told of: in a flood not each is.
    package var untold: Int
    package var words: MessageTrace.Words

    package init(
        path: Path, octets: [UInt8], sentence: String, details: [String], untold: Int,
        words: @escaping MessageTrace.Words
    ) {
        self.path = path
        self.octets = octets
        self.sentence = sentence
        self.details = details
        self.untold = untold
        self.words = words
    }
}

/// Picks those of many refused messages that are told of, so that a flood costs little.
package struct RefusalSampling: Sendable {
    private var left = Self.burst
    private var refilled: Instant?
    private var untold = 0

    /// Messages that are told of at once.
    private static let burst = 16
    /// Time after which another one is.
    private static let interval = Duration.milliseconds(100)

    package init() {}

    /// How many were not told of before this one; nil where this one is not either.
    package mutating func admit(now: Instant) -> Int? {
        refill(now)
        guard left > 0 else {
            untold += 1
            return nil
        }
        left -= 1
        defer { untold = 0 }
        return untold
    }

    private mutating func refill(_ now: Instant) {
        guard let last = refilled else {
            refilled = now
            return
        }
        let earned = (now - last) / Self.interval
        guard earned >= 1 else { return }
        left = earned >= Double(Self.burst) ? Self.burst : min(Self.burst, left + Int(earned))
        refilled = now
    }
}

extension NegotiationTurn {
    /// Has a message kept that no IKE SA came of, unless there are too many of them.
    package mutating func noteRefusal(
        of octets: [UInt8], on path: Path, _ sentence: @autoclosure () -> String,
        details: @autoclosure () -> [String] = [], words: @escaping MessageTrace.Words
    ) {
        guard let untold = refusals.admit(now: now) else { return }
        effects.append(
            .refused(
                RefusedMessage(
                    path: path, octets: octets, sentence: sentence(), details: details(), untold: untold,
                    words: words)))
    }
}
