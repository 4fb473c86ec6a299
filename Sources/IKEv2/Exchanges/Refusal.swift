import Negotiation

/// Why a request of a peer is refused, and what the peer is told.
struct Refusal: Error {
    let failure: NegotiationFailure
    let answer: NotifyPayload

    init(_ failure: NegotiationFailure, _ answer: NotifyPayload) {
        self.failure = failure
        self.answer = answer
    }
}
