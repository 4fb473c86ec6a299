import Credentials
import IKEv2
import IPsec
import ISAKMP
import Wire

/// Does with octets from the network whatever an endpoint may do with them.
///
/// The fuzz targets and the tests that replay their findings share it.
enum MessageWalk {
    /// Reads a datagram in clear.
    ///
    /// Returns what is wrong with our own reading of it, or nil.
    static func clear(_ datagram: [UInt8]) -> String? {
        do {
            return walk(try Message(decoding: datagram))
        } catch {
            return error.description.isEmpty ? "an error that says nothing" : nil
        }
    }

    /// A body that was decrypted; its first octet says which payload comes first.
    static func decrypted(_ input: [UInt8]) -> String? {
        guard let first = input.first else { return nil }
        let header = MessageHeader(
            initiatorCookie: 1, responderCookie: 2, exchangeType: .ikeAuth, flags: .initiator, messageID: 1,
            version: 0x20)
        do {
            let body = Array(input.dropFirst())
            return walk(try Message(header: header, first: first, reading: body.span))
        } catch {
            return error.description.isEmpty ? "an error that says nothing" : nil
        }
    }

    private static func walk(_ message: Message) -> String? {
        guard message.words.count > message.payloads.count else { return "a payload without words" }
        for payload in message.payloads { visit(payload) }
        _ = message.unknownCriticalPayload
        _ = message.notifications.map(\.type.description)
        do {
            let again = try Message(decoding: message.encode())
            return again.payloads == message.payloads ? nil : "\(message) became \(again)"
        } catch  where error.place == .header {
            // Larger than any datagram, which only a caller without one can bring about.
            return nil
        } catch {
            return "what was read cannot be written: \(error)"
        }
    }

    /// Asks a payload for all it can tell.
    private static func visit(_ payload: Payload) {
        switch payload {
        case .identification(let payload, _): _ = payload.identity.description
        case .trafficSelectors(let payload, _): _ = payload.selectors.map(\.description)
        case .authentication(let payload): _ = payload.method.description
        case .securityAssociation, .keyExchange, .certificate, .certificateRequest, .nonce, .notify, .delete,
            .vendorID, .configuration, .unknown:
            _ = payload.type.description
        }
    }
}
