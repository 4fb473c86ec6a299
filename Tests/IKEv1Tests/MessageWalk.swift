import Algorithms
import Credentials
import Cryptography
import IKEv1
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
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
            initiatorCookie: 1, responderCookie: 2, exchangeType: .quickMode, messageID: 3, nextPayload: first
        )
        do {
            return walk(try Message(header: header, decrypted: Array(input.dropFirst())))
        } catch {
            return error.description.isEmpty ? "an error that says nothing" : nil
        }
    }

    /// Encrypts the input (first payload type, then a body) under a known key, and opens the datagram.
    ///
    /// Where the last octet is 255 the datagram loses its tail on the way, where it is 254 a bit changes.
    static func encrypted(_ input: [UInt8]) -> String? {
        guard let first = input.first, let damage = input.last else { return nil }
        var body = Array(input.dropFirst())
        body += Array(repeating: 0, count: (16 - body.count % 16) % 16)
        do {
            let (block, whole) = try Self.ciphers.get()
            try block.encrypt(&body, iv: Self.iv)
            if damage == 0xff { body.removeLast(body.count / 3) }
            if damage == 0xfe, !body.isEmpty { body[body.count / 2] ^= 1 }
            var writer = ByteWriter()
            MessageHeader(
                initiatorCookie: 1, responderCookie: 2, exchangeType: .quickMode, flags: .encryption,
                messageID: 3, nextPayload: first,
                length: UInt32(truncatingIfNeeded: MessageHeader.size + body.count)
            ).write(to: &writer)
            writer.put(body)
            return walk(try whole.open(writer.bytes, iv: Self.iv).message)
        } catch let error as MessageError {
            return error.description.isEmpty ? "an error that says nothing" : nil
        } catch {
            return "no cipher: \(error)"
        }
    }

    private static let iv = [UInt8](repeating: 7, count: 16)

    private static let ciphers = Result<(BlockCipher, MessageCipher), CipherFailure> {
        () throws(CipherFailure) in
        let secret = SecretKey(copying: Array(1...20))
        let keys = SKEYID(
            prf: .hmacSHA1, base: secret, sharedSecret: secret, initiatorCookie: 1, responderCookie: 2)
        let choice = CipherChoice(.aesCBC, keyBits: 256)
        return (
            try BlockCipher(choice, key: keys.encryptionKey(for: choice)),
            try MessageCipher(choice, keys: keys)
        )
    }

    private static func walk(_ message: Message) -> String? {
        do {
            guard message.words.count > message.payloads.count else { return "a payload without words" }
            for payload in message.payloads {
                if let fault = try visit(payload) { return fault }
            }
            _ = try message.octetsAfterHash()
            let again = try Message(decoding: rewritten(message).encode())
            guard again.payloads == message.payloads else { return "\(message) became \(again)" }
            guard try again.octetsAfterHash() == rewritten(again).octetsAfterHash() else {
                return "the octets after the hash differ once written again"
            }
            return nil
        } catch  where error.place == .header {
            // Larger than any datagram, which only a caller without one can bring about.
            return nil
        } catch {
            return "what was read cannot be written: \(error)"
        }
    }

    /// The same message without memory of how it came.
    private static func rewritten(_ message: Message) -> Message {
        var header = message.header
        header.flags.remove(.encryption)
        return Message(header: header, payloads: message.payloads)
    }

    /// Asks a payload for all it can tell; returns what is wrong with the answers.
    private static func visit(_ payload: Payload) throws(MessageError) -> String? {
        switch payload {
        case .securityAssociation(let payload):
            for transform in payload.proposals.flatMap(\.transforms) {
                _ = transform.ikeOffer.encryption.choice
                _ = transform.childOffer.lifetime
                _ = transform.encapsulationForm
            }
            return try rebuilt(payload)
        case .identification(let payload):
            _ = try? payload.identity.description
            if let selector = try? payload.trafficSelector {
                _ = selector.description
                _ = IdentificationPayload(selector)
            }
        case .notification(let payload):
            _ = payload.type.description
            let attributes = try? DataAttribute.readAll(payload.data.span)
            _ = TransformSubstructure.responderLifetime(attributes ?? [])
        case .vendorID(let vendorID):
            _ = vendorID.description
        case .keyExchange, .certificate, .certificateRequest, .hash, .signature, .nonce, .delete,
            .natDetection, .natOriginalAddress, .unknown:
            _ = payload.type.description
        }
        return nil
    }

    /// Writes the proposals anew, not the octets they came in, and reads them again.
    ///
    /// The sizes are the same, as only what is reserved may be lost.
    private static func rebuilt(_ payload: SecurityAssociationPayload) throws(MessageError) -> String? {
        let body = try SecurityAssociationPayload(proposals: payload.proposals).rawBody
        let again = try SecurityAssociationPayload(body: body.span)
        guard again.proposals == payload.proposals, body.count == payload.rawBody.count else {
            return "\(payload.proposals) became \(again.proposals)"
        }
        return nil
    }
}
