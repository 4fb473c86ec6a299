import IPsec

/// Whether the peer still answers (RFC 3706).
struct DeadPeerDetection: Hashable {
    /// When the last authentic message came.
    var heard: Instant
    /// The number of the last question.
    var sequence: UInt32
    /// Questions without an answer.
    var unanswered = 0
    /// The number of the peer's last question; it must rise.
    var peerSequence: UInt32?

    init(heard: Instant, sequence: UInt32) {
        self.heard = heard
        // Half the range is left, so that the number can rise for as long as the SA lives.
        self.sequence = sequence >> 1
    }

    /// Whether a question of the peer is a new one.
    mutating func accepts(question number: UInt32) -> Bool {
        if let peerSequence, number <= peerSequence { return false }
        peerSequence = number
        return true
    }

    /// Whether an answer belongs to the last question.
    mutating func accepts(answer number: UInt32) -> Bool {
        guard unanswered > 0, number == sequence else { return false }
        unanswered = 0
        return true
    }
}
