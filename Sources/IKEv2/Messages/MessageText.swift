import Credentials
import IPsec
import ISAKMP
import Negotiation
import Wire

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
        let kind = header.flags.contains(.response) ? "response" : "request"
        return ["\(header.exchangeType) \(kind) \(header.messageID)"] + payloads.flatMap(\.words)
    }
}

extension Payload {
    /// A line; several for proposals.
    fileprivate var words: [String] {
        switch self {
        case .securityAssociation(let sa): sa.proposals.map { "SA \($0.words)" }
        case .keyExchange(let exchange):
            ["KE method \(exchange.method), \(exchange.publicValue.count) octets"]
        case .identification(let identification, _): ["\(type) \(identification.identity.typedWords)"]
        case .certificate(let certificate): ["CERT \(certificate.words)"]
        case .certificateRequest(let request):
            [
                "CERTREQ encoding \(request.encoding.rawValue), "
                    + "\(request.authorities.count / CertificateRequestPayload.hashSize) authorities"
            ]
        case .authentication(let proof): ["AUTH \(proof.method), \(proof.content.count) octets"]
        case .nonce(let nonce): ["nonce, \(nonce.count) octets"]
        case .notify(let notify): [notify.words]
        case .delete(.ikeSA): ["delete of the IKE SA"]
        case .delete(.children(let kind, let spis)):
            ["delete of \(kind) \(spis.map(\.description).joined(separator: ", "))"]
        case .vendorID(let octets): ["vendor ID, \(octets.count) octets"]
        case .trafficSelectors(let selectors, _):
            ["\(type) \(selectors.elements.map(\.words).joined(separator: ", "))"]
        case .configuration(let configuration): ["CP \(configuration.words)"]
        case .unknown(let type, let isCritical, let octets):
            ["\(type)\(isCritical ? ", critical" : ""), \(octets.count) octets"]
        }
    }
}

extension SecurityAssociationPayload.Proposal {
    fileprivate var words: String {
        let kind = IKEProtocol(rawValue: protocolID)
        let offer = offer(for: kind ?? .esp, spiSize: spi.count)
        let number = UInt32(octets: spi).map { " \(SPI($0))" } ?? ""
        return "\(self.number) \(kind.map { "\($0)" } ?? "protocol \(protocolID)")\(number): \(offer.words)"
    }
}

extension CertificatePayload {
    fileprivate var words: String {
        switch encoding {
        case .x509Signature: Certificate.words(der: content)
        case .ocspContent: "OCSP response, \(content.count) octets"
        case .rawPublicKey: "raw public key, \(content.count) octets"
        // An open registry.
        default: "encoding \(encoding.rawValue), \(content.count) octets"
        }
    }
}

extension NotifyPayload {
    fileprivate var words: String {
        let child = UInt32(octets: spi).map { " of \(SPI($0))" } ?? ""
        if type == .ipcompSupported { return "N(\(type)) \(compressionWords)" }
        return "N(\(type))\(child)\(data.isEmpty ? "" : ", \(data.count) octets")"
    }
}

extension TrafficSelectorPayload.Element {
    fileprivate var words: String {
        switch self {
        case .selector(let selector): "\(selector)"
        case .opaquePorts(let selector): "\(selector), opaque ports"
        case .unusable(let type, _): "unusable, of type \(type)"
        }
    }
}

extension ConfigurationPayload {
    fileprivate var words: String {
        let attributes = attributes.map { attribute in
            let octets = attribute.value
            let value = IPAddress(bytes: octets).map { "\($0)" } ?? "\(octets.count) octets"
            return "\(attribute.type.rawValue)" + (octets.isEmpty ? "" : " \(value)")
        }
        return "\(kind), attributes \(attributes.joined(separator: "; "))"
    }
}
