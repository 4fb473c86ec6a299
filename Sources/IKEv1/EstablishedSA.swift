import Credentials
import IPsec
import Negotiation

/// What an ISAKMP SA has once both sides are authenticated.
struct EstablishedSA {
    let terms: Terms
    /// Quick modes under way, and some that are over, in the order they began and ended.
    ///
    /// They are few: an array is smaller than a dictionary, and found through sooner.
    private(set) var quickModes: [QuickMode] = []
    var messageIDs = UsedMessageIDs()
    var detection: DeadPeerDetection
    /// Whether a quick mode met nothing but silence, and nothing came since: the peer may not have this SA any more.
    var isDoubted = false

    init(_ terms: Terms, detection: DeadPeerDetection) {
        self.terms = terms
        self.detection = detection
    }

    /// What stays as it is for as long as the SA lives, apart from what changes: one reference stands for all.
    final class Terms: Sendable {
        let proposal: IKEProposal
        let capabilities: PeerCapabilities
        let keys: SKEYID
        let cipher: MessageCipher
        let ivs: InitializationVectorChain
        let nat: NATDetection
        let localIdentity: Identity
        let remoteIdentity: Identity
        /// What made us believe the peer; nil where a pre-shared key did.
        let credential: PeerCredential?
        let since: Instant

        init(_ keyed: MainMode.Keyed, _ claim: MainMode.Claim, localIdentity: Identity, since: Instant) {
            proposal = keyed.agreed.proposal
            capabilities = keyed.agreed.capabilities
            keys = keyed.keys
            cipher = keyed.cipher
            ivs = keyed.ivs
            nat = keyed.nat
            self.localIdentity = localIdentity
            remoteIdentity = claim.identity
            credential = claim.credential
            self.since = since
        }

        /// How ESP goes to the peer: over IP or in UDP.
        var form: EncapsulationForm {
            guard nat.isDetected else { return .none }
            return capabilities.natTraversal == .draft ? .draft : .rfc3947
        }
    }

    /// An authentic, fresh message came.
    mutating func heard(now: Instant) {
        detection.heard = now
        detection.unanswered = 0
        isDoubted = false
    }

    /// Keeps a quick mode; of those that are over, the last few, so that late repetitions are answered.
    mutating func store(_ quickMode: QuickMode) {
        if let index = quickModes.firstIndex(where: { $0.messageID == quickMode.messageID }) {
            guard quickModes[index].isOver != quickMode.isOver else {
                quickModes[index] = quickMode
                return
            }
            quickModes.remove(at: index)
        }
        quickModes.append(quickMode)
        if quickMode.isOver { forgetFinished() }
    }

    private mutating func forgetFinished() {
        guard quickModes.count(where: \.isOver) > ProtocolLimits.finishedQuickModes,
            let oldest = quickModes.firstIndex(where: \.isOver)
        else { return }
        quickModes.remove(at: oldest)
    }
}

/// The message IDs that an ISAKMP SA has seen in authentic messages, or used itself; each is good once.
struct UsedMessageIDs {
    private var used: Set<UInt32> = []

    /// Whether there is no room for more, so that the SA must be renewed.
    var isFull: Bool { used.count >= ProtocolLimits.messageIDs }

    func contains(_ messageID: UInt32) -> Bool { used.contains(messageID) }

    /// Uses a message ID; false if it was used before or none may be used any more.
    mutating func use(_ messageID: UInt32) -> Bool {
        !isFull && used.insert(messageID).inserted
    }
}
