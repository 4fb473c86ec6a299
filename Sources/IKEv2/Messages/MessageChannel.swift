package import Cryptography
import ISAKMP
import KeyMaterial
package import Negotiation
import Wire

/// Encrypts what one side of an IKE SA sends and decrypts what it receives (RFC 7296 section 3.14, RFC 7383).
///
/// A class, as the counter of its IVs must exist once.
package final class MessageChannel {
    private var sealer: MessageSealer
    private let opener: MessageOpener

    /// - Parameter role: which side of the IKE SA we are.
    package init(_ keys: IKESAKeys, role: IKESAStatus.Role) throws(NegotiationFailure) {
        let isInitiator = role == .initiator
        do {
            sealer = try MessageSealer(
                keys.protection, encryptionKey: isInitiator ? keys.skEi : keys.skEr,
                integrityKey: isInitiator ? keys.skAi : keys.skAr)
            opener = try MessageOpener(
                keys.protection, encryptionKey: isInitiator ? keys.skEr : keys.skEi,
                integrityKey: isInitiator ? keys.skAr : keys.skAi)
        } catch {
            throw .localResource(.cryptography("the IKE SA cannot be protected: \(error)"))
        }
    }

    /// What was inside an encrypted payload.
    package enum Opened: Hashable {
        /// A message, and its octets as they would be without encryption: nil where it is too long for one.
        case message(Message, clear: [UInt8]?)
        /// One of several parts of a message.
        case fragment(MessageFragment)
    }

    /// A message that is ready to be sent.
    package struct Sealed {
        package var datagrams: [[UInt8]]
        /// Its octets as they would be without encryption; nil for a message that only fragments can carry.
        package var clear: [UInt8]?
    }

    /// The datagrams that carry a message: one, or as many fragments as `limit` asks for.
    ///
    /// - Parameter limit: octets that a datagram may have; nil where the peer does not understand fragments.
    /// - Throws: where the message is larger than 65535 octets, or the key is used up.
    package func seal(
        _ message: Message, limit: Int?, random: inout any RandomSource
    ) throws(MessageError) -> Sealed {
        let body = try Message.encode(message.payloads)
        let first = message.payloads.first?.type.rawValue ?? 0
        return Sealed(
            datagrams: try datagrams(message.header, first: first, body, limit: limit, &random),
            clear: try? Message.encode(message.header, first: first, body: body.span))
    }

    private func datagrams(
        _ header: MessageHeader, first: UInt8, _ body: [UInt8], limit: Int?, _ random: inout any RandomSource
    ) throws(MessageError) -> [[UInt8]] {
        let whole = MessageHeader.size + Self.genericSize + sealer.protection.sealedCount(body.count)
        if let limit, whole > limit {
            return try fragments(header, first: first, body, limit: limit, &random)
        }
        return [try seal(header, .encrypted, first: first, front: [], body, &random)]
    }

    private func fragments(
        _ header: MessageHeader, first: UInt8, _ body: [UInt8], limit: Int, _ random: inout any RandomSource
    ) throws(MessageError) -> [[UInt8]] {
        let room = limit - MessageHeader.size - Self.genericSize - MessageFragment.headSize
        guard let size = sealer.protection.capacity(within: room), size > 0,
            let total = UInt16(exactly: max(1, (body.count + size - 1) / size)),
            total <= MessageFragment.maximumCount
        else {
            throw MessageError(
                .header, .size("message", found: body.count, expected: "what fragments of \(limit) carry"))
        }
        var datagrams: [[UInt8]] = []
        for number in 1...total {
            let start = Int(number - 1) * size
            let part = Array(body[start..<min(start + size, body.count)])
            datagrams.append(
                try seal(
                    header, .encryptedFragment, first: number == 1 ? first : 0,
                    front: number.octets + total.octets, part, &random))
        }
        return datagrams
    }

    /// - Parameter front: what stands in clear between the generic header and the IV.
    private func seal(
        _ header: MessageHeader, _ type: PayloadType, first: UInt8, front: [UInt8], _ body: [UInt8],
        _ random: inout any RandomSource
    ) throws(MessageError) -> [UInt8] {
        let size = Self.genericSize + front.count + sealer.protection.sealedCount(body.count)
        guard let length = UInt16(exactly: size), let total = UInt32(exactly: MessageHeader.size + size),
            total <= 0xffff
        else {
            throw MessageError(
                .header, .size("message", found: MessageHeader.size + size, expected: "at most 65535"))
        }
        var header = header
        header.nextPayload = type.rawValue
        header.length = total
        var writer = ByteWriter(capacity: Int(total))
        header.write(to: &writer)
        writer.put(first)
        writer.put(UInt8(0))
        writer.put(length)
        writer.put(front)
        var datagram = writer.bytes
        try append(body, to: &datagram, &random)
        return datagram
    }

    private func append(
        _ body: [UInt8], to datagram: inout [UInt8], _ random: inout some RandomSource
    ) throws(MessageError) {
        do {
            try sealer.seal(&datagram, payloads: body, random: &random)
        } catch {
            throw MessageError(.payload(.encrypted), .content("\(error)"))
        }
    }

    /// Checks and decrypts a datagram of the peer.
    ///
    package func open(_ datagram: [UInt8]) throws(OpeningFailure) -> Opened {
        let (header, element, enclosed) = try Self.outer(datagram)
        let isFragment = element.type == PayloadType.encryptedFragment.rawValue
        let front = isFragment ? MessageFragment.headSize : 0
        guard element.body.count >= front else { throw .malformed(Self.tooShort(element)) }
        let bodyStart = MessageHeader.size + element.body.lowerBound
        let headerCount = bodyStart + front
        var whole = datagram
        let range: Range<Int>
        do {
            range = try opener.open(&whole, headerCount: headerCount)
        } catch {
            throw .forged(error)
        }
        let inner = whole.span.extracting(range)
        do {
            if isFragment {
                let head = datagram.span.extracting(bodyStart..<headerCount)
                return .fragment(try MessageFragment(header, first: enclosed, head: head, inner.array))
            }
            let message = try Message(header: header, first: enclosed, reading: inner)
            return .message(message, clear: try? Message.encode(header, first: enclosed, body: inner))
        } catch {
            throw .unreadable(error)
        }
    }

    /// The encrypted payload, which is the last one and ends where the datagram does.
    private static func outer(
        _ datagram: [UInt8]
    ) throws(OpeningFailure) -> (MessageHeader, PayloadChain.Element, enclosed: UInt8) {
        do {
            let header = try Message.header(of: datagram)
            let chain = try PayloadChain(
                reading: datagram.span.extracting(droppingFirst: MessageHeader.size),
                first: header.nextPayload, enclosing: Message.enclosing)
            guard let last = chain.elements.last, Message.enclosing.contains(last.type) else {
                throw OpeningFailure.malformed(MessageError(.payloads, .encryption(expected: true)))
            }
            return (header, last, chain.enclosed)
        } catch let error as MessageError {
            throw .malformed(error)
        } catch let error as ChainError {
            throw .malformed(MessageError(.payloads, .chain(error)))
        } catch let error as OpeningFailure {
            throw error
        } catch {
            throw .malformed(MessageError(.payloads, .content("\(error)")))
        }
    }

    private static func tooShort(_ element: PayloadChain.Element) -> MessageError {
        MessageError(
            .payload(PayloadType(rawValue: element.type)),
            .size("payload", found: element.body.count, expected: "at least 4"))
    }

    /// Octets of a generic payload header.
    private static let genericSize = 4
}

/// Why a datagram for an IKE SA was not read.
package enum OpeningFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// It has no form that the peer could have sent; anybody can have.
    case malformed(MessageError)
    /// It does not hold what the peer's key makes of it.
    case forged(MessageProtectionFailure)
    /// The peer sent it, and what is inside cannot be read.
    case unreadable(MessageError)

    package var description: String {
        switch self {
        case .malformed(let error): "\(error)"
        case .forged(let failure): "\(failure)"
        case .unreadable(let error): "\(error)"
        }
    }
}
