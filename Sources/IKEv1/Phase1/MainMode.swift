import Algorithms
import Credentials
import IPsec
import KeyMaterial
import Negotiation

/// Where a main mode exchange stands, with a pre-shared key (RFC 2409 section 5.4) or with signatures (5.1).
///
///     initiator                        responder
///     SA                        -->
///                               <--    SA
///     KE, Ni                    -->
///                               <--    KE, Nr
///     IDii, HASH_I (encrypted)  -->
///                               <--    IDir, HASH_R (encrypted)
///
/// Where both sides sign,  [CERT,] SIG_I  and  [CERT,] SIG_R  stand in the place of the hashes.
///
/// What goes from state to state as it is stands behind one reference.
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
    /// Both: our signature is asked for.
    case signing(Signing)
    /// Both: the peer's signature is being judged.
    case verifying(Verifying)

    /// The word for what is awaited, for reports.
    var awaited: String {
        switch self {
        case .sentProposal: "main mode message 2"
        case .sentKeyExchange: "main mode message 4"
        case .answeredProposal: "main mode message 3"
        case .keying: "the pre-shared key"
        case .keyed: "the peer's identity"
        case .signing: "our signature"
        case .verifying: "the verdict on the peer's signature"
        }
    }

    struct SentProposal {
        /// SAi_b.
        let body: [UInt8]
    }

    /// A proposal is chosen.
    final class Agreed: Sendable {
        /// SAi_b.
        let body: [UInt8]
        let proposal: IKEProposal
        let capabilities: PeerCapabilities

        init(body: [UInt8], proposal: IKEProposal, capabilities: PeerCapabilities) {
            self.body = body
            self.proposal = proposal
            self.capabilities = capabilities
        }
    }

    struct SentKeyExchange {
        let agreed: Agreed
        let exchange: PrivateValue
        let nonce: [UInt8]
    }

    /// Both public values and nonces are known.
    final class Exchanged: Sendable {
        let agreed: Agreed
        let sharedSecret: SecretKey
        let initiatorNonce: [UInt8]
        let responderNonce: [UInt8]
        let initiatorValue: [UInt8]
        let responderValue: [UInt8]
        let nat: NATDetection
        /// Responder: KE, Nr, held back until there are keys to read its answer with.
        let reply: [UInt8]?

        init(
            agreed: Agreed, sharedSecret: SecretKey, initiatorNonce: [UInt8], responderNonce: [UInt8],
            initiatorValue: [UInt8], responderValue: [UInt8], nat: NATDetection, reply: [UInt8]?
        ) {
            self.agreed = agreed
            self.sharedSecret = sharedSecret
            self.initiatorNonce = initiatorNonce
            self.responderNonce = responderNonce
            self.initiatorValue = initiatorValue
            self.responderValue = responderValue
            self.nat = nat
            self.reply = reply
        }
    }

    /// What a pre-shared key makes of the nonces is asked for.
    struct Keying {
        let token: EffectToken
        let exchanged: Exchanged
    }

    /// Who the peer says it is, in a message that says no more.
    struct Claim {
        let identity: Identity
        let isFirstContact: Bool
        /// Where the message came from.
        let path: Path
        /// What made us believe it; nil until then, and where a pre-shared key does.
        var credential: PeerCredential?
    }

    struct Signing {
        let token: EffectToken
        let keyed: Keyed
        let identification: IdentificationPayload
        /// Responder: whom we answer.
        let answering: Claim?
    }

    struct Verifying {
        let token: EffectToken
        let keyed: Keyed
        let claim: Claim
    }

    /// There are keys; nobody is authenticated yet.
    final class Keyed: Sendable {
        let agreed: Agreed
        let keys: SKEYID
        let cipher: MessageCipher
        let ivs: InitializationVectorChain
        let hash: Phase1Hash
        let nat: NATDetection
        /// There was no entry or no block for the peer: the keys are made up, so that from outside it looks like
        /// a wrong key.
        let isPretence: Bool

        init(
            agreed: Agreed, keys: SKEYID, cipher: MessageCipher, ivs: InitializationVectorChain,
            hash: Phase1Hash, nat: NATDetection, isPretence: Bool
        ) {
            self.agreed = agreed
            self.keys = keys
            self.cipher = cipher
            self.ivs = ivs
            self.hash = hash
            self.nat = nat
            self.isPretence = isPretence
        }

        /// The same after a message that was sent, or received and found to be good.
        ///
        /// - Parameter next: what sealing or opening the message gave as `nextIV`.
        func advanced(to next: [UInt8]) -> Keyed {
            var ivs = ivs
            ivs.advancePhase1(to: next)
            return Keyed(
                agreed: agreed, keys: keys, cipher: cipher, ivs: ivs, hash: hash, nat: nat,
                isPretence: isPretence)
        }
    }
}
