import Algorithms
import Cryptography
import IPsec
import Negotiation

/// One quick mode exchange (RFC 2409 section 5.5); all of it is encrypted.
///
///     initiator                                   responder
///     HASH(1), SA, Ni [, KE] [, IDci, IDcr]  -->
///                                            <--  HASH(2), SA, Nr [, KE] [, IDci, IDcr]
///     HASH(3)                                -->
///
/// The commit bit (RFC 2408 section 3.1) is tolerated and never set: our inbound SA is in place before the
/// message that lets the peer use it leaves, so that nobody needs to wait for CONNECTED, which is noted only.
///
/// Nothing confirms HASH(3), so that the initiator may be left with a pair that the responder gave up for want
/// of it. This is how both come to the same pair again, whatever is lost:
///
/// - The responder repeats HASH(2) on its timer, and the initiator answers each repetition with HASH(3).
/// - The initiator keeps the old pair for longer than the responder may take to give up.
/// - A responder that gives up deletes its new SA. If that arrives, the initiator goes back to the old pair and
///   renews it; if it does not, the responder starts a quick mode itself, whose pair takes the place of all.
/// - An initiator without an answer tries again while the old pair lives, and not under the same ISAKMP SA:
///   the peer may have lost that one.
struct QuickMode {
    let messageID: UInt32
    let role: IKESAStatus.Role
    /// The IV of the next message, of either side.
    var iv: [UInt8]
    var state: State
    /// Our last message; the initiator of a pair sends it again by itself, the other side when asked.
    var sending: ISAKMPSA.Sending?
    /// The peer's last message.
    var heard: Fingerprint?
    var repeats = 0

    /// Boxed where it is large: each SA keeps some quick modes that are over.
    enum State {
        /// Initiator: our offers are out.
        indirect case sentOffer(SentOffer)
        /// Responder: whether a policy covers the traffic is being looked up.
        indirect case findingPolicy(EffectToken, Received)
        /// Both: the inbound SA is on its way into the database.
        case installingInbound(EffectToken, Negotiated)
        /// Responder: our choice is out; HASH(3) is awaited.
        case answered(Negotiated)
        /// Initiator: HASH(3) is out. Until the peer has had the time to put its inbound SA in place the old pair
        /// carries the traffic, or the traffic waits.
        case settling(Negotiated)
        /// Both: the outbound SA is on its way into the database.
        case installingOutbound(EffectToken, Negotiated)
        case over(SecurityAssociationID?)
    }

    /// What the initiator must remember.
    struct SentOffer {
        let request: ChildRequest
        let policy: ChildPolicy
        let spi: SPI
        let nonce: [UInt8]
        let exchange: PrivateValue?
        let identifications: [IdentificationPayload]
        let replaces: SecurityAssociationID?
    }

    /// What the responder read.
    struct Received {
        let message: QuickModeMessage
        let local: TrafficSelector
        let remote: TrafficSelector
    }

    /// All is agreed and the keys are made; behind one reference, as it goes from state to state.
    final class Negotiated: Sendable {
        let child: ChildSA
        let initiatorNonce: [UInt8]
        let responderNonce: [UInt8]
        /// The message to send once the inbound SA is in place: HASH(2)… or HASH(3).
        let answer: [Payload]

        init(child: ChildSA, initiatorNonce: [UInt8], responderNonce: [UInt8], answer: [Payload]) {
            self.child = child
            self.initiatorNonce = initiatorNonce
            self.responderNonce = responderNonce
            self.answer = answer
        }
    }

    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    var awaited: String {
        switch state {
        case .sentOffer: "quick mode message 2"
        case .findingPolicy, .installingInbound, .installingOutbound: "our own database"
        case .answered: "quick mode message 3"
        case .settling: "the peer's readiness"
        case .over: "nothing"
        }
    }

    /// What a peer asked for and was answered; nil where we asked.
    var answered: ChildRequest? {
        switch state {
        case .installingInbound(_, let negotiated), .answered(let negotiated),
            .installingOutbound(_, let negotiated):
            role == .responder ? negotiated.child.request : nil
        case .sentOffer, .findingPolicy, .settling, .over: nil
        }
    }

    /// What the initiator asked for; nil where the peer started it.
    var request: ChildRequest? {
        switch state {
        case .sentOffer(let sent): sent.request
        case .installingInbound(_, let negotiated), .answered(let negotiated), .settling(let negotiated),
            .installingOutbound(_, let negotiated):
            role == .initiator ? negotiated.child.request : nil
        case .findingPolicy, .over: nil
        }
    }
}

/// The first two messages of quick mode, without their hash.
struct QuickModeMessage {
    let proposals: SecurityAssociationPayload
    let nonce: [UInt8]
    let publicValue: [UInt8]?
    /// IDci then IDcr, or none.
    let identifications: [IdentificationPayload]
    let notifications: [NotificationPayload]

    init(_ message: Message) throws(NegotiationFailure) {
        proposals = try message.securityAssociation
        nonce = try message.one("nonce") { if case .nonce(let v) = $0 { v } else { nil } }
        let values = message.payloads.compactMap { if case .keyExchange(let v) = $0 { v } else { nil } }
        identifications = message.payloads.compactMap {
            if case .identification(let v) = $0 { v } else { nil }
        }
        notifications = message.notifications
        guard values.count <= 1 else { throw .peerViolatedProtocol("\(values.count) key exchange payloads") }
        publicValue = values.first
        guard identifications.isEmpty || identifications.count == 2 else {
            throw .peerViolatedProtocol(
                "\(identifications.count) identification payloads where 0 or 2 are allowed")
        }
    }
}
