package import Algorithms
package import IPsec
package import KeyMaterial

/// Ties the answer of an effect to the effect; unique within an endpoint.
@usableFromInline
package struct EffectToken: Hashable, Sendable {
    @usableFromInline package let value: UInt64

    @inlinable
    package init(_ value: UInt64) {
        self.value = value
    }

    /// Two endpoints that share a shard draw from different halves of the numbers.
    package enum Half: UInt64, Hashable, Sendable {
        case lower = 0
        case upper = 0x8000_0000_0000_0000
    }

    package var half: Half { value < Half.upper.rawValue ? .lower : .upper }
}

/// A wish for a child SA, from a tunnel that is to be up or from a packet that needs one.
package struct ChildRequest: Hashable, Sendable {
    /// The tunnel, or nil where a policy made by somebody else asks.
    package var tunnel: String?
    /// The name of the peer policy to use.
    package var peer: String
    /// Our address and port 500, the peer's address and port.
    package var path: Path
    package var local: TrafficSelector
    package var remote: TrafficSelector
    package var mode: EncapsulationMode
    /// ESP or AH.
    package var `protocol` = SecurityProtocol.esp
    /// How packets are to be compressed before they are protected, where the peer agrees; nil for not at all.
    package var compression: CompressionAlgorithm?
    /// For the SAs, so that the policies find them; 0 for none.
    package var requestID: UInt32
    /// The ACQUIRE this answers; 0 for none.
    package var acquireSequence: UInt32
    /// Further selectors of our side and of the peer's, as two families need them; IKEv2 alone has room for them.
    package var furtherLocal: [TrafficSelector] = []
    package var furtherRemote: [TrafficSelector] = []
    /// Whose addresses are given by the other side; then its selectors hold them as soon as they are known.
    package var assigned: AssignedSide?
    /// Whether the child SA brings its policies along and takes them with it.
    package var bringsPolicies = false
    /// Whether SAs without compression are of no use.
    package var needsCompression = false
    /// The network device that its traffic goes through in clear; nil for the data plane's own.
    package var device: String?

    package init(
        tunnel: String?, peer: String, path: Path, local: TrafficSelector, remote: TrafficSelector,
        mode: EncapsulationMode, requestID: UInt32, acquireSequence: UInt32 = 0
    ) {
        self.tunnel = tunnel
        self.peer = peer
        self.path = path
        self.local = local
        self.remote = remote
        self.mode = mode
        self.requestID = requestID
        self.acquireSequence = acquireSequence
    }
}

extension ChildRequest {
    /// Everything of our side.
    package var locals: [TrafficSelector] { [local] + furtherLocal }
    /// Everything of the peer's side.
    package var remotes: [TrafficSelector] { [remote] + furtherRemote }

    /// Says anew what our side is; nothing changes where it is told nothing.
    package mutating func setLocals(_ selectors: [TrafficSelector]) {
        guard let first = selectors.first else { return }
        (local, furtherLocal) = (first, Array(selectors.dropFirst()))
    }

    /// Says anew what the peer's side is; nothing changes where it is told nothing.
    package mutating func setRemotes(_ selectors: [TrafficSelector]) {
        guard let first = selectors.first else { return }
        (remote, furtherRemote) = (first, Array(selectors.dropFirst()))
    }
}

/// Why no key was derived from a pre-shared key.
package enum SharedSecretFailure: Error, Hashable, Sendable {
    /// No entry for this peer; the file and the names that were looked for.
    case noEntry(file: String, lookedFor: [String])
    /// The file cannot be used; a sentence that says why and what to do.
    case unusable(String)
}

/// Everything that can happen to an endpoint.
///
/// Time and randomness come beside it. Boxed where it is large and seldom, so that the others are small.
package enum Event: Sendable {
    /// A datagram arrived; the non-ESP marker has been taken off.
    case datagram([UInt8], Path)
    /// Something is due: handle all deadlines that have passed.
    case deadline
    indirect case initiate(ChildRequest)
    /// Take down a tunnel's child SAs, and its IKE SA if nothing else uses it.
    case terminate(tunnel: String)
    /// Tell all peers goodbye; nothing is answered after this.
    case shutDown
    /// The configuration was read again; what is established stays.
    indirect case reconfigured(NegotiationPolicy)
    /// Answers `Effect.keyWithSharedSecret`.
    case sharedSecretKeyed(EffectToken, Result<SecretKey, SharedSecretFailure>)
    /// Answers `Effect.sign`.
    indirect case signed(EffectToken, Result<SignatureAnswer, CredentialFailure>)
    /// Answers `Effect.verify`.
    indirect case verified(EffectToken, Result<PeerCredential, CredentialFailure>)
    /// Answers `Effect.install`.
    case installed(EffectToken, Result<Void, DatabaseFailure>)
    /// Answers `Effect.findPolicy`: the outbound policy that covers the selectors, or nil.
    indirect case policyFound(EffectToken, SecurityPolicy?)
    /// Answers `Effect.lease`.
    case leased(EffectToken, Result<[IPAddress], LeaseFailure>)
    /// An SA of ours is to be renewed or is gone, or its peer moved.
    indirect case database(DatabaseNotification)
}
