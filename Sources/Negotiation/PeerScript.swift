import Credentials
import IPsec

/// When a peer's script is run: the word is racoon's, and the script's first argument.
package enum ScriptOccasion: String, Hashable, Sendable, CaseIterable {
    /// There is an IKE SA with the peer, where there was none.
    case up = "phase1_up"
    /// The last one is gone, as one of the sides wanted.
    case down = "phase1_down"
    /// The last one is gone as the peer did not answer, or none came about for that reason.
    case dead = "phase1_dead"
}

/// A program that a `remote` block wants run.
package struct PeerScript: Hashable, Sendable {
    package var occasion: ScriptOccasion
    /// From the root on, once the configuration is complete.
    package var path: String
    /// Where the statement stands, `swiftike.conf:12`.
    package var origin: String

    package init(_ occasion: ScriptOccasion, path: String, origin: String = "") {
        self.occasion = occasion
        self.path = path
        self.origin = origin
    }
}

extension NegotiationFailure {
    /// Whether the peer did not answer.
    package var isSilence: Bool {
        guard case .peerDeclined(let cause) = self else { return false }
        return switch cause {
        case .silent, .unreached, .dead: true
        case .notified, .deleted, .noAddress: false
        }
    }
}
