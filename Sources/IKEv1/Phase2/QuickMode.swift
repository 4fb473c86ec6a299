import Algorithms
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
struct QuickMode {
    let messageID: UInt32
    let role: IKESAStatus.Role
    /// The IV of the next message, of either side.
    var iv: [UInt8]
    var state: State
    /// Our last message; the initiator of a pair sends it again by itself, the other side when asked.
    var sending: ISAKMPSA.Sending?
    var heard: [UInt8] = []
    var repeats = 0

    enum State {
        /// Initiator: our offers are out.
        case sentOffer(SentOffer)
        /// Responder: whether a policy covers the traffic is being looked up.
        case findingPolicy(EffectToken, Received)
        /// Both: the inbound SA is on its way into the database.
        case installingInbound(EffectToken, Negotiated)
        /// Responder: our choice is out; HASH(3) is awaited.
        case answered(Negotiated)
        /// Initiator of a renewal: HASH(3) is out, and the old pair carries the traffic until the peer has had
        /// the time to put its inbound SA in place.
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

    /// All is agreed and the keys are made.
    struct Negotiated {
        var child: ChildSA
        let initiatorNonce: [UInt8]
        let responderNonce: [UInt8]
        /// The message to send once the inbound SA is in place: HASH(2)… or HASH(3).
        let answer: [Payload]
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
