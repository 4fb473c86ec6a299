import Credentials
import Negotiation

/// The initiator's IKE_AUTH request (RFC 7296 section 1.2).
struct AuthRequest {
    let message: Message
    let identification: IdentificationPayload
    /// Whom of us the initiator wants, if it says.
    let wanted: IdentificationPayload?
    let authentication: AuthenticationPayload
    /// nil where no child SA is asked for (RFC 6023).
    let child: ChildOfferMessage?

    init(_ message: Message) throws(NegotiationFailure) {
        self.message = message
        identification = try message.identification(.initiator)
        wanted = try message.optionalIdentification(.responder)
        authentication = try message.authentication()
        child = try ChildOfferMessage(optional: message)
    }
}

/// What a message says of a child SA that its sender wants or agrees to.
struct ChildOfferMessage {
    let proposals: [SecurityAssociationPayload.Proposal]
    let initiatorSelectors: TrafficSelectorPayload
    let responderSelectors: TrafficSelectorPayload
    let isTransport: Bool
    /// Whether the sender cannot take packets with padding for traffic flow confidentiality.
    let refusesFlowPadding: Bool

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
        refusesFlowPadding = message.notification(.espTFCPaddingNotSupported) != nil
    }
}
