import Credentials
import IPsec
import KeyMaterial
import LinuxIO
import Negotiation

/// Many peers behind one address and port, all of which negotiate with one responder.
///
/// SPIs tell their datagrams from one another, and identities the peers.
struct LoadInitiator: ~Copyable {
    /// What happened since the count was taken last.
    struct Count {
        /// IKE SAs that were made anew, by either side.
        var ikeRenewals = 0
        var childRenewals = 0
        /// Datagrams of the responder that came twice: it waited for us, or we for it.
        var repetitions = 0
        /// Negotiations that failed and SAs that were lost, in words.
        var troubles: [String] = []
        /// Datagrams that belong to no peer.
        var strays = 0
    }

    private let version: LoadVersion
    private let lifetimes: LoadLifetimes
    private let socket: DatagramSocket
    private let path: Path
    private let secret: SecretKey
    private(set) var peers: [LoadPeer] = []
    /// Peers that wait for the end of their first negotiation.
    private var underWay: Set<Int> = []
    /// Those of them that have no IKE SA yet, which is what a responder limits.
    private var halfOpen: Set<Int> = []
    private(set) var count = Count()
    /// Which peer has an SPI of its own choice.
    private var owners: [UInt64: Int] = [:]
    private var deadlines = DeadlineQueue<Int>()
    private var poller = Poller()
    private var batch = DatagramBatch(maximumLength: 4096)
    private var scratch: [UInt8] = []
    /// What goes out at the end of a turn, as what many hosts send comes to a responder.
    private var outgoing: [[UInt8]] = []

    /// - Parameter address: of all peers; nil for that which the route to the responder has.
    init(
        _ version: LoadVersion, _ lifetimes: LoadLifetimes = LoadLifetimes(), from address: IPAddress? = nil,
        responder: Endpoint, secret: SecretKey
    ) throws {
        self.version = version
        self.lifetimes = lifetimes
        self.secret = secret
        let local = try address ?? LocalAddress.towards(responder.address)
        socket = try DatagramSocket(family: responder.address.family, address: address, port: 0)
        DatagramSocket.setBuffers(octets: 4 << 20, of: socket.number)
        path = Path(local: Endpoint(local, port: socket.local.port), remote: responder)
        _ = poller.watch(socket.number)
    }

    /// Adds peers until there are `total`, at most `window` of them half open at once.
    mutating func establish(total: Int, window: Int) throws {
        var progress = MonotonicClock.now
        while peers.count < total || !underWay.isEmpty {
            while peers.count < total, halfOpen.count < window {
                begin()
                progress = MonotonicClock.now
            }
            let before = underWay.count + halfOpen.count
            try turn(patience: .seconds(1), gathering: Self.burst)
            if underWay.count + halfOpen.count != before { progress = MonotonicClock.now }
            guard MonotonicClock.now - progress < Self.patience else {
                throw BenchFailure(
                    "\(underWay.count) peers did not come up; \(count.troubles.first ?? "nothing was heard")")
            }
        }
    }

    /// Lets all peers do what is due, for as long as `isGoingOn`.
    mutating func serve(while isGoingOn: (Count) -> Bool) throws {
        while isGoingOn(count) { try turn(patience: .milliseconds(100)) }
    }

    mutating func resetCount() {
        count = Count()
    }

    // MARK: one turn

    private mutating func begin() {
        let number = peers.count
        peers.append(LoadPeer(version, lifetimes, number: number, path: path, secret: secret))
        underWay.insert(number)
        halfOpen.insert(number)
        note(peers[number].begin(now: MonotonicClock.now), of: number)
    }

    /// - Parameter gathering: how long more answers are waited for once there is one, so that what follows them comes to
    ///   the responder at once, as from many hosts; a load slower than the responder would measure how it falls asleep.
    private mutating func turn(patience: Duration, gathering: Duration = .zero) throws {
        let now = MonotonicClock.now
        while let due = deadlines.takeDue(now: now) { note(peers[due].wake(now: now), of: due) }
        for datagram in outgoing { try? socket.send(datagram, along: path) }
        outgoing.removeAll(keepingCapacity: true)
        let wait = deadlines.next.map { min(max($0 - MonotonicClock.now, .zero), patience) } ?? patience
        guard try poller.wait(wait) else { return }
        MonotonicClock.pause(gathering)
        let received = try socket.receive(into: &batch)
        for index in 0..<received {
            batch.copy(index, into: &scratch)
            receive(scratch)
        }
    }

    private mutating func receive(_ datagram: [UInt8]) {
        let spis = Self.spis(of: datagram)
        guard let number = owners[spis.initiator] ?? owners[spis.responder] else {
            count.strays += 1
            return
        }
        if peers[number].isRepeated(datagram) { count.repetitions += 1 }
        note(peers[number].receive(datagram, now: MonotonicClock.now), of: number)
    }

    /// Sends what a peer wants sent, and sees what became of it.
    private mutating func note(_ outcome: LoadPeer.Outcome, of number: Int) {
        for report in outcome.reports { note(report, of: number) }
        for datagram in outcome.datagrams {
            if !peers[number].isUp { owners[Self.spis(of: datagram).initiator] = number }
            outgoing.append(datagram)
        }
        deadlines.set(peers[number].nextDeadline, for: number)
    }

    private mutating func note(_ report: Report, of number: Int) {
        if let spi = report.subject.ikeSA { owners[spi] = number }
        switch report.kind {
        case .childEstablished:
            peers[number].isUp = true
            underWay.remove(number)
        case .childRekeyed: count.childRenewals += 1
        case .ikeEstablished:
            halfOpen.remove(number)
            if peers[number].isUp { count.ikeRenewals += 1 }
        case .negotiationFailed, .childGone: count.troubles.append("peer \(number): \(report.sentence)")
        // What comes late for an SA that is gone is still the peer's.
        case .ikeGone, .progress, .dropped: break
        }
    }

    private static func spis(of datagram: [UInt8]) -> (initiator: UInt64, responder: UInt64) {
        func number(_ octets: ArraySlice<UInt8>) -> UInt64 { octets.reduce(0) { $0 << 8 | UInt64($1) } }
        return (number(datagram.prefix(8)), number(datagram.dropFirst(8).prefix(8)))
    }

    private static let burst = Duration.milliseconds(4)

    /// How long nothing may come to an end before something is wrong.
    private static let patience = Duration.seconds(20)
}
