import Credentials
import Cryptography
import IPsec
import KeyMaterial
import Negotiation

/// What an ISAKMP SA's machine tells the endpoint that owns it.
enum Outcome {
    /// Phase 1 is done.
    case established
    /// Phase 1 failed or the SA is over; nothing of it is left.
    case ended(NegotiationFailure, String?)
    /// Phase 2 is done.
    case childEstablished(ChildSA)
    /// The peer repeated the message before last: it may not have got our last one of this exchange yet.
    case childUnconfirmed(SecurityAssociationID)
    /// The peer never confirmed a pair, which is gone here and may be in use there.
    case childTakenBack(ChildRequest)
    /// Phase 2 failed; nil as request where the peer had started it.
    case childFailed(ChildRequest?, NegotiationFailure)
    /// The peer deleted outbound SAs of ours by their SPIs.
    case childrenDeleted([SPI])
    /// An authenticated peer says it knows no SAs with us older than this one.
    case initialContact
    /// The peer's authenticated datagrams come from another endpoint now.
    case moved(from: Path)
    /// The ISAKMP SA is to be renewed.
    case renewalDue
    /// The peer of this identity did not answer whether it is alive.
    case peerDead(Identity, NegotiationFailure)
}

typealias Turn = NegotiationTurn<ISAKMPSAID, Outcome>
