package import Algorithms
package import Credentials
package import IPsec

/// How phase 1 exchanges are made.
package enum ExchangeMode: String, Hashable, Sendable {
    case main
    case aggressive
    case base
    /// No mode of phase 1, but what takes its place (RFC 7296).
    case ikev2
}

/// The protocols that negotiate SAs, by the major version of their messages.
package enum IKEVersion: Int, Hashable, Sendable {
    case ikev1 = 1
    case ikev2 = 2
}

extension ExchangeMode {
    /// The protocol that has it.
    package var version: IKEVersion {
        switch self {
        case .main, .aggressive, .base: .ikev1
        case .ikev2: .ikev2
        }
    }
}

/// How both sides of IKEv1 prove who they are.
package enum OakleyAuthentication: UInt16, Hashable, Sendable, CaseIterable {
    // The raw values are those of Oakley's attribute 3.
    case preSharedKey = 1
    case rsaSignature = 3

    /// racoon.conf's word.
    package var keyword: String {
        switch self {
        case .preSharedKey: "pre_shared_key"
        case .rsaSignature: "rsasig"
        }
    }
}

/// What is done when a peer's lifetime, key length or PFS group differs from ours (racoon's `proposal_check`).
package enum ProposalCheck: String, Hashable, Sendable {
    /// Take the initiator's values.
    case obey
    /// Accept a lifetime no longer and a key no shorter than ours; the PFS group must be ours if we ask for one.
    case strict
    /// As strict, but answer a longer lifetime with ours and a RESPONDER-LIFETIME notification.
    case claim
    /// Accept no difference.
    case exact
}

/// One phase 1 offer: one choice of each kind.
package struct IKEProposal: Hashable, Sendable {
    package var encryption: CipherChoice
    /// The negotiated hash, as the pseudorandom function built from it.
    package var prf: PseudorandomFunction
    package var group: KeyExchangeMethod
    package var authentication: OakleyAuthentication
    package var lifetime: Duration
    /// Where the configuration says so, for messages: `swiftike.conf:12`.
    package var origin: String

    package init(
        encryption: CipherChoice, prf: PseudorandomFunction, group: KeyExchangeMethod,
        authentication: OakleyAuthentication, lifetime: Duration, origin: String = ""
    ) {
        self.encryption = encryption
        self.prf = prf
        self.group = group
        self.authentication = authentication
        self.lifetime = lifetime
        self.origin = origin
    }
}

/// Whom a `remote` block is for.
package enum PeerMatch: Hashable, Sendable {
    case anonymous
    /// A port of nil is any.
    case address(IPAddress, port: UInt16?)
}

/// NAT traversal as configured.
package enum NATTraversal: String, Hashable, Sendable {
    case off
    case on
    /// Encapsulate in UDP even where no NAT is seen.
    case force
}

/// Dead peer detection (RFC 3706).
package struct DeadPeerDetectionPolicy: Hashable, Sendable {
    /// Whether we announce that we understand it.
    package var isAnnounced: Bool
    /// Idle time before we ask; nil to never ask.
    package var delay: Duration?
    /// Time between questions that go unanswered.
    package var retry: Duration
    /// Unanswered questions before the peer is dead.
    package var maximumFailures: Int

    package init(
        isAnnounced: Bool = true, delay: Duration? = nil, retry: Duration = .seconds(5),
        maximumFailures: Int = 5
    ) {
        self.isAnnounced = isAnnounced
        self.delay = delay
        self.retry = retry
        self.maximumFailures = maximumFailures
    }
}

/// When phase 1 is renewed (racoon's `rekey`).
package enum PhaseOneRekey: String, Hashable, Sendable {
    case off
    /// While children live and dead peer detection is in use.
    case on
    /// While children live, always.
    case force
}

/// Whether IKE_AUTH may go without a child SA (RFC 6023).
package enum ChildlessPolicy: String, Hashable, Sendable, CaseIterable {
    /// Refuse it, and do not say that we understand it.
    case never
    /// Take it from a peer.
    case allow
    /// Ask for it where the peer takes it.
    case prefer
    /// Accept nothing else.
    case force
}

/// How an IKE SA of IKEv2 is renewed.
package enum IKERenewal: String, Hashable, Sendable {
    /// With new keys (RFC 7296 section 2.18).
    case rekey
    /// From scratch, both sides proving who they are (section 2.8.3); by the one that started alone.
    case reauthenticate
}

/// What a `remote` block says: how phase 1 with some peer goes.
package struct PeerPolicy: Hashable, Sendable {
    /// The block's name, or the text of its address.
    package var name: String
    package var match: PeerMatch
    /// The first is used as initiator, all are accepted as responder.
    package var exchangeModes: [ExchangeMode]
    /// nil is our own address.
    package var localIdentity: Identity?
    /// Empty is any; otherwise one of them.
    package var remoteIdentities: [Identity]
    /// Whether a peer whose identity is not among `remoteIdentities` is refused, or only logged.
    package var verifiesIdentity: Bool
    package var proposals: [IKEProposal]
    /// What IKEv2 offers and accepts, the preferred first.
    package var suites: [SuiteProposal]
    /// Octets of the datagrams that large messages are cut into (RFC 7383); nil to send and announce no fragments.
    package var fragmentSize: Int?
    /// How we prove who we are.
    package var localAuthentication: AuthenticationKind
    /// How the peer may.
    package var remoteAuthentication: Set<AuthenticationKind>
    /// SHA-1 hashes of the public keys of the authorities that the peer is asked for a certificate of (RFC 7296
    /// section 3.7); empty to ask for none.
    package var requestedAuthorities: [[UInt8]]
    /// Whether IKEv2 asks the peer for what a responder says of its certificate (RFC 4806).
    package var requestsResponses = false
    /// Whether the block may be for a peer that asks for certificates and names no authority (`match_empty_cr`).
    package var matchesEmptyRequest = true
    /// Hashes that may be signed; announced in IKEv2, the preferred first.
    package var signatureHashes: [SignatureHash]
    package var childless: ChildlessPolicy
    /// How long an IKE SA of IKEv2 lives unless it is renewed; each side has its own.
    package var ikeLifetime: Duration
    package var renewal: IKERenewal
    package var proposalCheck: ProposalCheck
    /// Never initiate.
    package var isPassive: Bool
    package var sendsInitialContact: Bool
    package var natTraversal: NATTraversal
    package var deadPeerDetection: DeadPeerDetectionPolicy
    /// Ask the peer for addresses to use inside (`mode_cfg`).
    package var requestsConfiguration = false
    /// Protect what the peer asks for even where no tunnel and no policy does (`generate_policy`).
    package var generatesPolicies = false
    /// Programs that are run when the peer comes and goes.
    package var scripts: [PeerScript] = []
    package var rekey: PhaseOneRekey
    /// Octets of our nonce.
    package var nonceSize: Int
    /// Pairs with an sainfo's `remoteid`; 0 is none.
    package var phase1ID: UInt32
    /// Where the block starts, `swiftike.conf:12`.
    package var origin: String

    package init(name: String, match: PeerMatch, proposals: [IKEProposal], origin: String = "") {
        self.name = name
        self.match = match
        self.proposals = proposals
        self.origin = origin
        suites = []
        fragmentSize = 1280
        exchangeModes = [.main]
        localIdentity = nil
        remoteIdentities = []
        verifiesIdentity = false
        localAuthentication = .preSharedKey
        childless = .allow
        ikeLifetime = .seconds(28800)
        renewal = .rekey
        remoteAuthentication = [.preSharedKey]
        requestedAuthorities = []
        signatureHashes = SignaturePolicy().announcedHashes
        proposalCheck = .strict
        isPassive = false
        sendsInitialContact = true
        natTraversal = .off
        deadPeerDetection = DeadPeerDetectionPolicy()
        rekey = .on
        nonceSize = 16
        phase1ID = 0
    }
}

extension PeerPolicy {
    /// The versions that we try with the peer, in this order; as responder all of them are accepted.
    package var versions: [IKEVersion] {
        exchangeModes.reduce(into: []) { versions, mode in
            if !versions.contains(mode.version) { versions.append(mode.version) }
        }
    }

    /// Who we say that we are: what the block says, else the address that the peer reaches us at.
    package func identity(at address: IPAddress) -> Identity { localIdentity ?? .address(address) }

    package func allowsOtherVersion(than version: IKEVersion) -> Bool {
        exchangeModes.contains { $0.version != version }
    }
}
