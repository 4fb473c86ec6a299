import Credentials
package import Cryptography
package import IPsec
package import KeyMaterial
package import Negotiation

/// One of two endpoints.
package enum NetworkSide: Int, Sendable {
    case a
    case b

    package var other: NetworkSide { self == .a ? .b : .a }

    package static let addressA = IPAddress(family: .ipv4, value: 0xc000_0201)
    package static let addressB = IPAddress(family: .ipv4, value: 0xc000_0202)
    /// What a NAT before A makes of its address.
    package static let natted = IPAddress(family: .ipv4, value: 0xcb00_7101)
}

/// What the network between two endpoints does to datagrams.
package struct NetworkFaults {
    /// In hundred.
    package var loss = 0
    package var duplication = 0
    /// Milliseconds; datagrams overtake each other where this is more than 0.
    package var jitter = 0
    /// Whether A is behind a NAT that changes its address and port.
    package var translates = false

    package init(loss: Int = 0, duplication: Int = 0, jitter: Int = 0, translates: Bool = false) {
        self.loss = loss
        self.duplication = duplication
        self.jitter = jitter
        self.translates = translates
    }
}

/// The machine of one IKE version.
package protocol MachineUnderTest {
    init(policy: NegotiationPolicy, random: any RandomSource)
    mutating func handle(_ event: Event, now: Instant) -> [Effect]
    var nextDeadline: Instant? { get }
}

/// Two endpoints in memory with a virtual clock and a network that may lose, repeat and reorder.
package struct TwoMachines<Machine: MachineUnderTest> {
    package typealias Side = NetworkSide

    private struct Arrival {
        var at: Instant
        var order: Int
        var side: Side
        var event: Event
    }

    package var endpoints: [Machine]
    package var databases = [RecordingDatabase(), RecordingDatabase()]
    package var reports: [[Report]] = [[], []]
    package var now = Instant(nanoseconds: 1_000_000_000)
    package var faults: NetworkFaults
    /// The pre-shared keys; nil where a side has no entry.
    package var secrets: [SecretKey?]
    /// What a side signs with; nil where it has no key.
    package var privateKeys: [PrivateKey?] = [nil, nil]
    /// The public keys that are believed to be a side's; nil for those of `privateKeys`.
    package var believed: [PublicKey?] = [nil, nil]
    /// How long whoever holds the keys takes to answer.
    package var keyDelays = [Duration.zero, .zero]
    /// Datagrams that crossed, for replay.
    package var sent: [(from: Side, [UInt8], Path)] = []
    /// When copies of the next datagrams arrive, in the order in which they are sent; then `faults` hold again.
    package var fates: [[Duration]] = []
    /// Changes a datagram on its way to an endpoint; nil drops it.
    package var tamper: (([UInt8], _ receiver: Machine) -> [UInt8]?)?
    /// The policy that a side's database finds for a peer's selectors.
    package var foundPolicy: SecurityPolicy?
    /// What each side was asked for whenever it signed.
    package private(set) var wishes: [[CertificateWish]] = [[], []]
    /// Messages that each side kept of those that no IKE SA came of.
    package private(set) var refused: [[RefusedMessage]] = [[], []]
    /// What each side gives out; nil where the range is used up at once.
    package var pools: [AddressPool?] = [nil, nil]
    /// What a side uses inside, once for each IKE SA that needs it.
    package var applied: [[AssignedConfiguration]] = [[], []]
    /// Policies that child SAs brought along.
    package var policies: [[ProtectedTraffic]] = [[], []]
    private var random: FixedRandom
    private var arrivals: [Arrival] = []
    private var order = 0

    package init(
        _ a: NegotiationPolicy, _ b: NegotiationPolicy, seed: UInt64, faults: NetworkFaults = NetworkFaults()
    ) {
        endpoints = [
            Machine(policy: a, random: FixedRandom(seed: seed &* 2)),
            Machine(policy: b, random: FixedRandom(seed: seed &* 2 &+ 1)),
        ]
        self.faults = faults
        random = FixedRandom(seed: seed ^ 0x5555)
        let key = SecretKey(copying: Array("a secret both know".utf8))
        secrets = [key, key]
    }

    package mutating func handle(_ event: Event, at side: Side) {
        let effects = endpoints[side.rawValue].handle(event, now: now)
        for effect in effects { perform(effect, side) }
    }

    /// Runs until a time, or until nothing is left to happen before it.
    package mutating func run(for interval: Duration, _ check: ((TwoMachines) -> Void)? = nil) {
        let end = now + interval
        while let next = nextInstant, next <= end {
            now = max(now, next)
            step()
            check?(self)
        }
        now = end
    }

    private var nextInstant: Instant? {
        (arrivals.map(\.at) + endpoints.compactMap(\.nextDeadline)).min()
    }

    private mutating func step() {
        if let index = arrivals.indices.filter({ arrivals[$0].at <= now })
            .min(by: { (arrivals[$0].at, arrivals[$0].order) < (arrivals[$1].at, arrivals[$1].order) })
        {
            let arrival = arrivals.remove(at: index)
            handle(arrival.event, at: arrival.side)
            return
        }
        for side in [Side.a, .b] {
            if let deadline = endpoints[side.rawValue].nextDeadline, deadline <= now {
                handle(.deadline, at: side)
            }
        }
    }

    private mutating func perform(_ effect: Effect, _ side: Side) {
        switch effect {
        case .send(let datagram, let path): deliver(datagram, path, from: side)
        case .sendKeepalive: break
        case .keyWithSharedSecret(let token, let request):
            let answer: Result<SecretKey, SharedSecretFailure> =
                if let key = secrets[side.rawValue] {
                    .success(PRF.compute(request.prf, key: key, data: request.data))
                } else {
                    .failure(.noEntry(file: "psk.txt", lookedFor: ["\(request.remoteAddress)"]))
                }
            schedule(.sharedSecretKeyed(token, answer), side, after: keyDelays[side.rawValue])
        case .sign(let token, let request):
            wishes[side.rawValue].append(request.wish)
            schedule(.signed(token, sign(request, side)), side, after: keyDelays[side.rawValue])
        case .verify(let token, let request):
            schedule(.verified(token, verify(request, side)), side, after: keyDelays[side.rawValue])
        case .install(let token, let association):
            schedule(.installed(token, databases[side.rawValue].add(association)), side, after: .zero)
        case .remove(let id): databases[side.rawValue].remove(id)
        case .updateEncapsulation(let association, let encapsulation):
            databases[side.rawValue].update(association.id, encapsulation)
        case .findPolicy(let token, _, _): schedule(.policyFound(token, foundPolicy), side, after: .zero)
        case .report(let report): reports[side.rawValue].append(report)
        case .lease(let token, let request):
            schedule(.leased(token, lease(request, side)), side, after: keyDelays[side.rawValue])
        case .release(let addresses): for address in addresses { pools[side.rawValue]?.release(address) }
        case .apply(let configuration, _, _): applied[side.rawValue].append(configuration)
        case .withdraw(let configuration, _, _):
            if let index = applied[side.rawValue].firstIndex(of: configuration) {
                applied[side.rawValue].remove(at: index)
            }
        case .protect(let traffic): policies[side.rawValue].append(traffic)
        case .unprotect(let traffic):
            if let index = policies[side.rawValue].firstIndex(of: traffic) {
                policies[side.rawValue].remove(at: index)
            }
        case .trace: break
        case .refused(let message): refused[side.rawValue].append(message)
        }
    }

    private mutating func lease(
        _ request: LeaseRequest, _ side: Side
    ) -> Result<[IPAddress], LeaseFailure> {
        guard let address = pools[side.rawValue]?.grant(request) else {
            return .failure(LeaseFailure("the pool is used up"))
        }
        return .success([address])
    }

    private func sign(
        _ request: SignatureRequest, _ side: Side
    ) -> Result<SignatureAnswer, CredentialFailure> {
        guard let key = privateKeys[side.rawValue] else { return .failure(CredentialFailure("no key")) }
        do throws(SignatureFailure) {
            let signature =
                switch request.content {
                case .ikev1(let hash):
                    IKEv2Signature(method: .rsa, data: try IKEv1Signature.sign(hash, with: key))
                case .ikev2(let octets, let announced):
                    try IKEv2Signature(signing: octets, with: key, announced: announced)
                }
            // A raw public key, by IANA's number.
            let certificate = EncodedCertificate(encoding: 15, octets: key.publicKey.subjectPublicKeyInfo)
            return .success(SignatureAnswer(signature: signature, certificates: [certificate]))
        } catch { return .failure(CredentialFailure("\(error)")) }
    }

    /// Believes the other side's raw public key, and no other.
    private func verify(
        _ request: VerificationRequest, _ side: Side
    ) -> Result<PeerCredential, CredentialFailure> {
        let peer = side.other.rawValue
        guard let key = believed[peer] ?? privateKeys[peer]?.publicKey,
            request.certificates.first?.octets == key.subjectPublicKeyInfo
        else { return .failure(CredentialFailure("another key than the peer's")) }
        do throws(SignatureFailure) {
            switch request.proof {
            case .ikev1(let signature, let hash):
                try IKEv1Signature.verify(signature, over: hash, key: key)
            case .ikev2(let signature, let octets): try signature.verify(over: octets, key: key)
            }
            return .success(PeerCredential(description: "raw public key"))
        } catch { return .failure(CredentialFailure("\(error)")) }
    }

    private mutating func schedule(_ event: Event, _ side: Side, after delay: Duration) {
        order += 1
        arrivals.append(Arrival(at: now + delay, order: order, side: side, event: event))
    }

    private mutating func deliver(_ datagram: [UInt8], _ path: Path, from side: Side) {
        sent.append((side, datagram, path))
        var datagram = datagram
        if let tamper {
            guard let changed = tamper(datagram, endpoints[side.other.rawValue]) else { return }
            datagram = changed
        }
        guard fates.isEmpty else {
            for delay in fates.removeFirst() {
                schedule(.datagram(datagram, arrivalPath(path, from: side)), side.other, after: delay)
            }
            return
        }
        if chance(faults.loss) { return }
        for _ in 0..<(chance(faults.duplication) ? 2 : 1) {
            let delay = Duration.milliseconds(5 + Int(random.next() % UInt64(faults.jitter + 1)))
            schedule(.datagram(datagram, arrivalPath(path, from: side)), side.other, after: delay)
        }
    }

    private func arrivalPath(_ path: Path, from side: Side) -> Path {
        var (from, to) = (path.local, path.remote)
        if faults.translates, side == .a {
            from = Endpoint(NetworkSide.natted, port: from.port == 500 ? 1500 : 14500)
        }
        if faults.translates, side == .b {
            to = Endpoint(
                NetworkSide.addressA, port: to.port == 1500 ? 500 : to.port == 14500 ? 4500 : to.port)
        }
        return Path(local: to, remote: from)
    }

    private mutating func chance(_ percent: Int) -> Bool {
        percent > 0 && random.next() % 100 < UInt64(percent)
    }
}
