import Algorithms
import Credentials
import IPsec
import KeyMaterial
import Negotiation

/// Where a main mode exchange with a pre-shared key stands (RFC 2409 section 5.4).
///
///     initiator                        responder
///     SA                        -->
///                               <--    SA
///     KE, Ni                    -->
///                               <--    KE, Nr
///     IDii, HASH_I (encrypted)  -->
///                               <--    IDir, HASH_R (encrypted)
enum MainMode {
    /// Initiator: our offers are out; the peer's choice is awaited.
    case sentProposal(SentProposal)
    /// Initiator: our public value is out; the peer's is awaited.
    case sentKeyExchange(SentKeyExchange)
    /// Responder: our choice is out; the peer's public value is awaited.
    case answeredProposal(Agreed)
    /// Both: all is known but SKEYID, which the holder of the pre-shared key computes.
    case keying(Keying)
    /// Initiator: our identity is out, the peer's is awaited. Responder: our public value is out, likewise.
    case keyed(Keyed)

    /// The word for what is awaited, for reports.
    var awaited: String {
        switch self {
        case .sentProposal: "main mode message 2"
        case .sentKeyExchange: "main mode message 4"
        case .answeredProposal: "main mode message 3"
        case .keying: "the pre-shared key"
        case .keyed: "the peer's identity"
        }
    }

    struct SentProposal {
        /// SAi_b.
        let body: [UInt8]
    }

    /// A proposal is chosen.
    struct Agreed {
        let body: [UInt8]
        let proposal: IKEProposal
        let capabilities: PeerCapabilities
    }

    struct SentKeyExchange {
        let agreed: Agreed
        let exchange: PrivateValue
        let nonce: [UInt8]
    }

    /// Both public values and nonces are known.
    struct Keying {
        let agreed: Agreed
        let token: EffectToken
        let sharedSecret: SecretKey
        let initiatorValue: [UInt8]
        let responderValue: [UInt8]
        let nat: NATDetection
        /// Responder: KE, Nr, held back until there are keys to read its answer with.
        let reply: [UInt8]?
    }

    /// There are keys; nobody is authenticated yet.
    struct Keyed {
        let agreed: Agreed
        let keys: SKEYID
        let cipher: MessageCipher
        var ivs: InitializationVectorChain
        let hash: Phase1Hash
        let nat: NATDetection
        /// There was no entry or no block for the peer: the keys are made up, so that from outside it looks like
        /// a wrong key.
        let isPretence: Bool
    }
}
