import Algorithms
import Credentials
import IPsec
import KeyMaterial
import Negotiation

/// Where an IKE SA is in its life; each state holds what exists in it, and nothing else.
enum IKESAState {
    /// We sent IKE_SA_INIT; the peer's answer is awaited.
    indirect case initiating(Initiating)
    /// We answered IKE_SA_INIT; keys are made when IKE_AUTH comes.
    indirect case answered(Answered)
    /// There are keys, and it is not known yet to whom.
    indirect case authenticating(Authenticating)
    case established(EstablishedSA)
    case over
}

/// What the initiator of IKE_SA_INIT keeps of its request until the answer comes.
///
/// After  HDR, SAi1, KEi, Ni  -->
struct Initiating {
    let exchange: PrivateValue
    let nonce: [UInt8]
    /// The request as sent, which AUTH is over.
    let request: [UInt8]
    /// What the peer wants to see again.
    let cookie: [UInt8]
    /// Requests made anew so far.
    let attempts: Int
}

/// What the responder keeps of IKE_SA_INIT until IKE_AUTH comes.
///
/// After  <--  HDR, SAr1, KEr, Nr
struct Answered {
    let suite: Suite
    let exchange: PrivateValue
    let peerValue: [UInt8]
    let opening: Opening
}

/// What IKE_SA_INIT leaves for AUTH and for later.
///
/// A class, as each step to the next state would copy it.
final class Opening {
    /// Both messages, exactly as they were on the wire.
    let request: [UInt8]
    let answer: [UInt8]
    let nonces: Nonces
    let nat: NATDetection
    let capabilities: PeerCapabilities
    /// What the responder asks for in its answer.
    let wish: CertificateWish

    init(
        request: [UInt8], answer: [UInt8], nonces: Nonces, nat: NATDetection, capabilities: PeerCapabilities,
        wish: CertificateWish
    ) {
        self.request = request
        self.answer = answer
        self.nonces = nonces
        self.nat = nat
        self.capabilities = capabilities
        self.wish = wish
    }
}

/// The protection that IKE_SA_INIT or its successor gave an SA.
///
/// A class, as each step to the next state would copy it.
final class Secured {
    let suite: Suite
    let keys: IKESAKeys
    let channel: MessageChannel
    let nat: NATDetection
    let capabilities: PeerCapabilities

    init(
        suite: Suite, keys: IKESAKeys, channel: MessageChannel, nat: NATDetection,
        capabilities: PeerCapabilities
    ) {
        self.suite = suite
        self.keys = keys
        self.channel = channel
        self.nat = nat
        self.capabilities = capabilities
    }
}

/// After the keys, before both sides are known.
struct Authenticating {
    let secured: Secured
    let opening: Opening
    var step: Step

    enum Step {
        /// Initiator: what AUTH is made of is asked for.
        case makingAuth(EffectToken, IdentificationPayload)
        /// Initiator:  HDR, SK {IDi, AUTH, …}  -->
        ///
        /// The key is that of our own AUTH, where a pre-shared one made it.
        case sentAuth(key: SecretKey?)
        /// Initiator: what it takes to check the responder's AUTH is asked for.
        case checkingAnswer(EffectToken, AuthAnswer)
        /// Responder: nothing proper came yet.
        case awaitingAuth
        /// Responder: what it takes to check the initiator's AUTH is asked for.
        case checkingAuth(EffectToken, AuthRequest)
        /// Responder: the initiator is believed, and what our AUTH is made of is asked for.
        case makingAnswer(EffectToken, AuthRequest, IdentificationPayload)
    }
}
