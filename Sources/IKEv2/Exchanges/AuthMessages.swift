import Credentials
import ISAKMP
import Negotiation

/// What either message of IKE_AUTH says of its sender (RFC 7296 section 1.2).
struct AuthClaim {
    let identification: IdentificationPayload
    let authentication: AuthenticationPayload
    let certificates: [EncodedCertificate]
    let identity: Identity

    init(_ message: Message, _ side: IdentificationPayload.Side) throws(NegotiationFailure) {
        identification = try message.identification(side)
        identity = identification.identity
        authentication = try message.authentication()
        certificates = message.certificates
    }

    /// How the sender proves who it is; nil where that is unknown here.
    var kind: AuthenticationKind? {
        switch authentication.method {
        case .sharedKey: .preSharedKey
        case .rsa, .ecdsa256, .ecdsa384, .ecdsa521, .digitalSignature: .signature
        // An open registry.
        default: nil
        }
    }

    var signature: IKEv2Signature {
        IKEv2Signature(method: authentication.method, data: authentication.content)
    }
}

/// The initiator's IKE_AUTH request.
///
/// A class, as each step to the next state would copy it.
final class AuthRequest {
    let message: Message
    let claim: AuthClaim
    /// Whom of us the initiator wants, if it says.
    let wanted: IdentificationPayload?
    /// nil where no child SA is asked for (RFC 6023).
    let child: ChildOfferMessage?

    init(_ message: Message) throws(NegotiationFailure) {
        self.message = message
        claim = try AuthClaim(message, .initiator)
        wanted = try message.optionalIdentification(.responder)
        child = try ChildOfferMessage(optional: message)
    }
}

/// The responder's answer, and what we had asked for.
struct AuthAnswer {
    let message: Message
    let claim: AuthClaim
    let draft: ChildDraft?

    /// - Parameter own: who we said that we are, for people.
    init(_ message: Message, _ draft: ChildDraft?, to own: String) throws(NegotiationFailure) {
        if !message.hasAuthentication, let refusal = message.notifications.first(where: \.type.isError) {
            throw refusal.refusal(of: refusal.type == .authenticationFailed ? [own] : [])
        }
        self.message = message
        self.draft = draft
        claim = try AuthClaim(message, .responder)
    }
}

/// What a message says of a child SA that its sender wants or agrees to.
struct ChildOfferMessage {
    let proposals: [SecurityAssociationPayload.Proposal]
    var initiatorSelectors: TrafficSelectorPayload
    var responderSelectors: TrafficSelectorPayload
    let isTransport: Bool
    /// Whether the sender cannot take packets with padding for traffic flow confidentiality.
    let takesFlowPadding: Bool
    /// IPCOMP_SUPPORTED, as often as it is there.
    let compressions: [NotifyPayload]

    /// nil where the message has no SA payload.
    init?(optional message: Message) throws(NegotiationFailure) {
        let hasAny = message.payloads.contains { payload in
            if case .securityAssociation = payload { true } else { false }
        }
        guard hasAny else { return nil }
        try self.init(message)
    }

    init(_ message: Message) throws(NegotiationFailure) {
        proposals = try message.securityAssociation().proposals
        initiatorSelectors = try message.trafficSelectors(.initiator)
        responderSelectors = try message.trafficSelectors(.responder)
        isTransport = message.notification(.useTransportMode) != nil
        takesFlowPadding = message.notification(.espTFCPaddingNotSupported) == nil
        compressions = message.notifications.filter { $0.type == .ipcompSupported }
    }
}
