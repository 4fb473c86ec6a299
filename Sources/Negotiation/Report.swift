package import Credentials
package import IPsec

/// Which negotiation a report is about.
///
/// Made so often that nothing in it is variable: an optional that is makes each initialiser copy the whole.
package struct ReportSubject: Hashable, Sendable {
    /// The tunnel, where one is concerned.
    package let tunnel: String?
    /// The peer policy's name, once it is known.
    package let peer: String?
    package let path: Path
    /// The SPI that we chose for the IKE SA, where one is concerned; in IKEv1 our cookie.
    package let ikeSA: UInt64?

    package init(tunnel: String? = nil, peer: String? = nil, path: Path, ikeSA: UInt64? = nil) {
        self.tunnel = tunnel
        self.peer = peer
        self.path = path
        self.ikeSA = ikeSA
    }

    /// The same negotiation, for a tunnel.
    package func `for`(_ tunnel: String?) -> ReportSubject {
        ReportSubject(tunnel: tunnel, peer: peer, path: path, ikeSA: ikeSA)
    }
}

/// How loud a report is.
package enum ReportLevel: Int, Comparable, Hashable, Sendable {
    case debug
    case info
    case notice
    case warning
    case error

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a report tells the supervisor of tunnels; `sentence` tells the person.
package enum ReportKind: Hashable, Sendable {
    /// A step on the way; no state of a tunnel changes.
    case progress
    case ikeEstablished
    /// Rekeyed, deleted or dead: not a failure of a tunnel by itself.
    case ikeGone
    /// A negotiation did not come to an end; the tunnel (or all of the peer's) is down for this reason.
    case negotiationFailed
    case childEstablished
    /// A new pair took over from an old one.
    case childRekeyed
    case childGone
    /// A message was dropped before it could change anything.
    case dropped
}

/// A record of something that happened: one line for the log, more where they help.
///
/// Many look at each, and nobody changes it: all have the same.
package final class Report: Sendable {
    package let level: ReportLevel
    package let kind: ReportKind
    package let subject: ReportSubject
    /// One line, without the subject: what happened and, for a failure, why and what to do.
    package let sentence: String
    /// Further lines: the table that compares offers, the state of the exchange.
    package let details: [String]
    /// What failed, where something did and it has a kind.
    package let failure: NegotiationFailure?
    /// Whom an IKE SA is with, as proven.
    package let identity: Identity?

    package init(
        _ level: ReportLevel, _ kind: ReportKind, _ subject: ReportSubject, _ sentence: String,
        details: [String] = [], failure: NegotiationFailure? = nil, identity: Identity? = nil
    ) {
        self.failure = failure
        self.identity = identity
        self.level = level
        self.kind = kind
        self.subject = subject
        self.sentence = sentence
        self.details = details
    }
}
