import Calendar
import ControlProtocol
import IPsec
import Negotiation

/// One configured tunnel and how it fares.
struct SupervisedTunnel {
    /// A tunnel lost sooner than this after it came up counts as a failure, lest both sides spin.
    static let shortLife = Duration.seconds(30)

    var tunnel: Tunnel
    private(set) var state: TunnelState
    private(set) var reason: String
    /// What else is known of the last failure, until the tunnel is up.
    private(set) var details: [String] = []
    private(set) var since: Timestamp
    /// Taken down by command: nothing brings it up but another command.
    var isHeldDown = false
    /// Somebody waits for it with a time limit: attempts go on meanwhile.
    var isAwaited = false
    /// Failures in a row.
    var failures = 0
    /// When the next attempt is made.
    var retryAt: Instant?
    /// When an attempt of which nothing more was heard is taken for failed.
    var attemptEnds: Instant?
    private(set) var upSince: Instant?

    init(_ tunnel: Tunnel, at moment: Moment) {
        self.tunnel = tunnel
        state = Self.idleState(tunnel)
        reason = Self.idleReason(tunnel)
        since = moment.wall
    }

    /// Whether it is tried again after a failure.
    var isKeptUp: Bool { !isHeldDown && (tunnel.start == .up || isAwaited) }

    /// Waits for somebody else, or is down.
    var isIdle: Bool { state != .up && state != .connecting }

    mutating func enter(_ state: TunnelState, _ reason: String, at moment: Moment) {
        if state != self.state {
            since = moment.wall
            upSince = state == .up ? moment.instant : nil
        }
        self.state = state
        self.reason = reason
        if state == .up { details = [] }
        if state != .connecting { attemptEnds = nil }
        if state != .down { retryAt = nil }
    }

    /// Says more about the state it is in.
    mutating func explain(_ reason: String, _ details: [String] = []) {
        self.reason = reason
        self.details = details
    }

    /// Keeps what is known of a failure beside its reason.
    mutating func note(_ details: [String]) {
        self.details = details
    }

    /// Back to waiting, after an end that is told in `reason`.
    mutating func wait(after reason: String, at moment: Moment) {
        let state = Self.idleState(tunnel)
        enter(state, state == .down ? reason : "\(Self.idleReason(tunnel)); last: \(reason)", at: moment)
    }

    func record(at now: Instant) -> TunnelRecord {
        var reason = reason
        if let retryAt {
            let seconds = max(0, (retryAt - now).components.seconds)
            reason += "; next attempt in \(seconds) s"
        }
        return TunnelRecord(
            name: tunnel.name, state: state, reason: reason, details: details, since: since)
    }

    private static func idleState(_ tunnel: Tunnel) -> TunnelState {
        switch tunnel.start {
        case .up: .down
        case .onDemand: .onDemand
        case .listen: .listening
        }
    }

    private static func idleReason(_ tunnel: Tunnel) -> String {
        switch tunnel.start {
        case .up: "not tried yet"
        case .onDemand: "waits for the first packet"
        case .listen: "waits for the peer"
        }
    }
}
