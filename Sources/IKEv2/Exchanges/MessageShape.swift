import ISAKMP
import Negotiation

/// Taking from a message what it must hold, once, and what it may hold (RFC 7296 section 1.2 and appendix C).
extension Message {
    func securityAssociation() throws(NegotiationFailure) -> SecurityAssociationPayload {
        try single("SA") { if case .securityAssociation(let payload) = $0 { payload } else { nil } }
    }

    func nonce() throws(NegotiationFailure) -> [UInt8] {
        try single("nonce") { if case .nonce(let octets) = $0 { octets } else { nil } }
    }

    func keyExchange() throws(NegotiationFailure) -> KeyExchangePayload {
        try single("KE") { if case .keyExchange(let payload) = $0 { payload } else { nil } }
    }

    /// nil where the exchange has none of its own.
    func optionalKeyExchange() throws(NegotiationFailure) -> KeyExchangePayload? {
        try optional("KE") { if case .keyExchange(let payload) = $0 { payload } else { nil } }
    }

    func authentication() throws(NegotiationFailure) -> AuthenticationPayload {
        try single("AUTH") { if case .authentication(let payload) = $0 { payload } else { nil } }
    }

    func identification(
        _ side: IdentificationPayload.Side
    ) throws(NegotiationFailure) -> IdentificationPayload {
        try single(side == .initiator ? "IDi" : "IDr") { Self.identification($0, side) }
    }

    /// nil where the initiator does not say whom it wants.
    func optionalIdentification(
        _ side: IdentificationPayload.Side
    ) throws(NegotiationFailure) -> IdentificationPayload? {
        try optional(side == .initiator ? "IDi" : "IDr") { Self.identification($0, side) }
    }

    func trafficSelectors(
        _ side: TrafficSelectorPayload.Side
    ) throws(NegotiationFailure) -> TrafficSelectorPayload {
        try single(side == .initiator ? "TSi" : "TSr") { payload in
            if case .trafficSelectors(let selectors, side) = payload { selectors } else { nil }
        }
    }

    private static func identification(
        _ payload: Payload, _ side: IdentificationPayload.Side
    ) -> IdentificationPayload? {
        if case .identification(let identification, side) = payload { identification } else { nil }
    }

    private func single<Found>(
        _ name: String, _ pick: (Payload) -> Found?
    ) throws(NegotiationFailure) -> Found {
        guard let found = try optional(name, pick) else {
            throw .peerViolatedProtocol("the \(header.exchangeType) message holds no \(name) payload")
        }
        return found
    }

    private func optional<Found>(
        _ name: String, _ pick: (Payload) -> Found?
    ) throws(NegotiationFailure) -> Found? {
        var found: Found?
        for payload in payloads {
            guard let picked = pick(payload) else { continue }
            guard found == nil else {
                throw .peerViolatedProtocol(
                    "the \(header.exchangeType) message holds more than one \(name) payload")
            }
            found = picked
        }
        return found
    }
}
