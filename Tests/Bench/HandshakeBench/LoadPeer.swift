import Cryptography
import IPsec
import KeyMaterial
import Negotiation

/// One peer of the load: a machine of its own, and what became of it.
struct LoadPeer {
    /// What it has to tell after an event.
    struct Outcome {
        var datagrams: [[UInt8]] = []
        var reports: [Report] = []
    }

    private var machine: any LoadMachine
    private let request: ChildRequest
    private let secret: SecretKey
    var isUp = false
    /// The datagram that came last, by its hash: the same once more is a repetition.
    private var lastHeard = 0

    init(_ version: LoadVersion, _ lifetimes: LoadLifetimes, number: Int, path: Path, secret: SecretKey) {
        machine = version.machine(version.policy(number, responder: path.remote.address, lifetimes))
        request = ChildRequest(
            tunnel: nil, peer: "responder", path: path,
            local: TrafficSelector(IPPrefix(host: Self.address(number))),
            remote: TrafficSelector(IPPrefix(host: Self.responderNetwork)), mode: .tunnel, requestID: 0)
        self.secret = secret
    }

    /// When it has something to do.
    var nextDeadline: Instant? { machine.nextDeadline }

    mutating func begin(now: Instant) -> Outcome { handle(.initiate(request), now: now) }

    mutating func wake(now: Instant) -> Outcome { handle(.deadline, now: now) }

    mutating func receive(_ datagram: [UInt8], now: Instant) -> Outcome {
        handle(.datagram(datagram, request.path), now: now)
    }

    /// Whether the responder sends what it sent before.
    mutating func isRepeated(_ datagram: [UInt8]) -> Bool {
        let hash = datagram.hashValue
        defer { lastHeard = hash }
        return hash == lastHeard
    }

    private mutating func handle(_ event: Event, now: Instant) -> Outcome {
        var outcome = Outcome()
        var events = [event]
        while !events.isEmpty {
            for effect in machine.handle(events.removeFirst(), now: now) {
                if let answer = perform(effect, &outcome) { events.append(answer) }
            }
        }
        return outcome
    }

    /// Performs an effect, or answers it at once: there is no database, and the key is known.
    private func perform(_ effect: Effect, _ outcome: inout Outcome) -> Event? {
        switch effect {
        case .send(let datagram, _): outcome.datagrams.append(datagram)
        case .report(let report): outcome.reports.append(report)
        case .keyWithSharedSecret(let token, let request):
            let key = PRF.compute(request.prf, key: secret, data: request.data)
            return .sharedSecretKeyed(token, .success(key))
        case .install(let token, _): return .installed(token, .success(()))
        case .findPolicy(let token, _, _): return .policyFound(token, policy)
        case .sendKeepalive, .sign, .verify, .remove, .updateEncapsulation, .trace, .refused, .lease,
            .release,
            .apply, .withdraw, .protect, .unprotect:
            break
        }
        return nil
    }

    /// What lets the responder renew a child of IKEv1.
    private var policy: SecurityPolicy {
        let (own, other) = (request.path.local.address, request.path.remote.address)
        let template = PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: own, tunnelDestination: other)
        let selector = Selector(source: request.local.prefixes[0], destination: request.remote.prefixes[0])
        return SecurityPolicy(selector: selector, direction: .outbound, action: .protect([template]))
    }

    private static func address(_ number: Int) -> IPAddress {
        IPAddress(family: .ipv4, value: 0x0a00_0000 + UInt128(number))
    }

    private static let responderNetwork = IPAddress(family: .ipv4, value: 0xac10_0001)
}
