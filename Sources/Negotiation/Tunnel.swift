package import Algorithms
package import IPsec

/// When a tunnel's SAs are negotiated.
package enum StartMode: String, Hashable, Sendable {
    /// At once, and again whenever they are lost.
    case up
    /// When the first packet needs them.
    case onDemand = "on_demand"
    /// When the peer asks.
    case listen
}

/// What a `tunnel` statement says: traffic the daemon protects by policies of its own.
package struct Tunnel: Hashable, Sendable {
    package var name: String
    /// The name of its `PeerPolicy`.
    package var peer: String
    /// The peer's address; nil where the peer is anonymous, which only `listen` allows.
    package var remoteAddress: IPAddress?
    /// nil is our own address on the way to the peer.
    package var local: TrafficSelector?
    /// nil is the peer's address.
    package var remote: TrafficSelector?
    package var mode: EncapsulationMode
    /// ESP or AH.
    package var `protocol` = SecurityProtocol.esp
    /// How packets are compressed before they are protected, where the peer agrees; nil for not at all.
    package var compression: CompressionAlgorithm?
    package var start: StartMode
    /// Ties its policies to its SAs; given out by the configuration, unique among tunnels, never 0.
    package var requestID: UInt32
    /// The network device that its traffic goes through in clear (`interface`); nil for the data plane's own.
    package var device: String?
    /// Whose end of it is an address that one side gives the other (`assigned`); that side's selector is nil.
    package var assigned: AssignedSide?
    /// Where the statement starts, `swiftike.conf:50`.
    package var origin: String

    package init(
        name: String, peer: String, remoteAddress: IPAddress?, local: TrafficSelector?,
        remote: TrafficSelector?,
        mode: EncapsulationMode, start: StartMode, requestID: UInt32, origin: String = ""
    ) {
        self.name = name
        self.peer = peer
        self.remoteAddress = remoteAddress
        self.local = local
        self.remote = remote
        self.mode = mode
        self.start = start
        self.requestID = requestID
        self.origin = origin
    }
}

/// Retransmission and pacing (racoon.conf's `timer` block).
package struct TimerPolicy: Hashable, Sendable {
    /// Times a message is sent again.
    package var retransmissions: Int
    /// Time before the first retransmission; each further one waits longer.
    package var interval: Duration
    /// A phase 1 that takes longer is given up.
    package var phase1: Duration
    /// A phase 2 that takes longer is given up.
    package var phase2: Duration
    /// Time between NAT keepalives; nil for none.
    package var natKeepalive: Duration?

    package init(
        retransmissions: Int = 5, interval: Duration = .seconds(10), phase1: Duration = .seconds(30),
        phase2: Duration = .seconds(30), natKeepalive: Duration? = .seconds(20)
    ) {
        self.retransmissions = retransmissions
        self.interval = interval
        self.phase1 = phase1
        self.phase2 = phase2
        self.natKeepalive = natKeepalive
    }
}

/// How many half-open exchanges are kept before new ones are answered without keeping anything.
package struct FloodLimits: Hashable, Sendable {
    /// Half-open responder exchanges in all, per shard.
    package var halfOpen: Int
    /// Half-open responder exchanges per peer address.
    package var halfOpenPerAddress: Int

    package init(halfOpen: Int = 1000, halfOpenPerAddress: Int = 20) {
        self.halfOpen = halfOpen
        self.halfOpenPerAddress = halfOpenPerAddress
    }
}

/// All that negotiation is told by the configuration.
package struct NegotiationPolicy: Hashable, Sendable {
    package var peers: [PeerPolicy] {
        didSet { peerIndex = PeerIndex(peers) }
    }
    /// In order of precedence.
    package var children: [ChildPolicy]
    package var tunnels: [Tunnel]
    package var timers: TimerPolicy
    package var limits: FloodLimits
    /// What peers are given that ask for addresses; nil for nothing.
    package var pool: AddressPoolPolicy?
    private(set) var peerIndex: PeerIndex

    package init(
        peers: [PeerPolicy] = [], children: [ChildPolicy] = [], tunnels: [Tunnel] = [],
        timers: TimerPolicy = TimerPolicy(), limits: FloodLimits = FloodLimits()
    ) {
        self.peers = peers
        peerIndex = PeerIndex(peers)
        self.children = children
        self.tunnels = tunnels
        self.timers = timers
        self.limits = limits
    }
}
