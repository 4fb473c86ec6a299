import Negotiation

/// What a peer is told of a failure: the one place where failures become notifications, or silence.
extension NegotiationFailure {
    /// What goes to the peer in clear, before there are keys; nil is silence.
    var clearNotification: NotificationType? {
        switch self {
        case .noCommonChoice: .noProposalChosen
        case .peerMalformed, .peerViolatedProtocol, .authenticationFailed, .localPolicyForbids,
            .localResource, .peerDeclined, .cancelled:
            nil
        }
    }

    /// What goes to the peer encrypted; nil is silence.
    ///
    /// All have the same size on the wire.
    var protectedNotification: NotificationType? {
        switch self {
        case .peerMalformed: .payloadMalformed
        case .peerViolatedProtocol: .invalidPayloadType
        case .noCommonChoice, .localResource: .noProposalChosen
        case .authenticationFailed: .authenticationFailed
        case .localPolicyForbids: .invalidIDInformation
        case .peerDeclined, .cancelled: nil
        }
    }
}
