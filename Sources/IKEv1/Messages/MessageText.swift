import Credentials
import IPsec
import ISAKMP
import Negotiation

/// Messages in words for people: nothing in them is secret, and no proof is spelled out.
extension Message {
    /// A line for the message, then one for each payload.
    package static func words(_ octets: [UInt8]) -> [String] {
        do {
            return try Message(decoding: octets).words
        } catch {
            return ["a message of \(octets.count) octets: \(error)"]
        }
    }

    /// The same for a message that was read.
    package var words: [String] {
        let isFirstPhase = header.messageID == 0
        let number = isFirstPhase ? "" : ", message ID 0x" + String(header.messageID, radix: 16)
        return ["\(header.exchangeType)\(number)"] + payloads.flatMap { $0.words(isFirstPhase: isFirstPhase) }
    }

    /// The message as it came, with its payloads in clear.
    var inClear: [UInt8] {
        (try? encodeAsReceived()) ?? []
    }
}

extension Payload {
    /// A line; several for proposals.
    fileprivate func words(isFirstPhase: Bool) -> [String] {
        switch self {
        case .securityAssociation(let sa): sa.proposals.flatMap { $0.words(isFirstPhase: isFirstPhase) }
        case .identification(let identification):
            [isFirstPhase ? identification.identityWords : identification.selectorWords]
        case .certificate(let certificate): ["\(type) \(Certificate.words(der: certificate.content))"]
        case .certificateRequest(let request): ["\(type), encoding \(request.encoding)"]
        case .keyExchange(let octets), .hash(let octets), .signature(let octets), .nonce(let octets),
            .natDetection(let octets, _), .unknown(_, let octets):
            ["\(type), \(octets.count) octets"]
        case .notification(let notification): [notification.words]
        case .delete(let delete): [delete.words]
        case .vendorID(let vendorID): ["vendor ID: \(vendorID)"]
        case .natOriginalAddress(let address, _): ["\(type) \(address)"]
        }
    }
}

extension ProposalSubstructure {
    fileprivate func words(isFirstPhase: Bool) -> [String] {
        let number = SPI(octets: spi).map { " \($0)" } ?? ""
        return transforms.map { transform in
            let offer = isFirstPhase ? transform.ikeOffer.words : transform.childOffer.words
            return "proposal \(self.number), protocol \(protocolID)\(number): \(offer)"
        }
    }
}

extension IdentificationPayload {
    fileprivate var identityWords: String {
        "identification \((try? identity)?.typedWords ?? "\(type), unreadable")"
    }

    fileprivate var selectorWords: String {
        "identification \((try? trafficSelector)?.description ?? "\(type)")"
    }
}

extension NotificationPayload {
    fileprivate var words: String {
        let child = SPI(octets: spi).map { " of \($0)" } ?? ""
        return "notification \(type)\(child)\(data.isEmpty ? "" : ", \(data.count) octets")"
    }
}

extension DeletePayload {
    fileprivate var words: String {
        guard protocolID != ProtocolID.isakmp else { return "delete of the ISAKMP SA" }
        return "delete, protocol \(protocolID): "
            + spis.map { SPI(octets: $0)?.description ?? "\($0.count) octets" }.joined(separator: ", ")
    }
}
