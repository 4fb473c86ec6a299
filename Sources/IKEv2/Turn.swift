import IPsec
import Negotiation

/// What tells one IKE SA of an endpoint from all others.
struct IKESAID: Hashable, Sendable {
    let value: UInt64
}

/// What an IKE SA's machine tells the endpoint that owns it.
enum Outcome {
    /// IKE_AUTH is done.
    case established
    /// It failed or is over; nothing of it is left.
    ///
    /// The sentence is what to tell of an SA that was established; nil to tell the failure.
    case ended(NegotiationFailure, String?)
    /// A child's SAs are to be found by their identifiers.
    case adopted(SecurityAssociationID)
    case released(SecurityAssociationID)
    /// A wish came to nothing; nil where the peer had it.
    indirect case childFailed(ChildRequest?, NegotiationFailure)
    /// An authenticated peer says it knows no SAs with us older than this one.
    case initialContact
    /// Another IKE SA exists from now on.
    indirect case succeeded(IKESA)
    /// Everything passes to the SA with this SPI of ours.
    case bequeathed(to: UInt64)
    /// It is over, its successor has everything.
    case replaced
    /// The SA with this SPI of ours is not to be used.
    case redundant(UInt64)
    /// A new SA from scratch is to take its place (RFC 7296 section 2.8.3).
    case reauthenticate
}

typealias Turn = NegotiationTurn<IKESAID, Outcome>
