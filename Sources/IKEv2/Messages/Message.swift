package import ISAKMP
import Wire

/// An IKEv2 message whose payloads are in clear: one of IKE_SA_INIT, or one that was decrypted.
package struct Message: Hashable, Sendable {
    /// `nextPayload` and `length` are filled in by `encode()`.
    package var header: MessageHeader
    package var payloads: [Payload]

    package init(header: MessageHeader, payloads: [Payload]) {
        self.header = header
        self.payloads = payloads
    }

    /// Reads a datagram whose payloads are in clear; one with an encrypted payload is refused.
    package init(decoding datagram: [UInt8]) throws(MessageError) {
        let header = try Self.header(of: datagram)
        let body = datagram.span.extracting(droppingFirst: MessageHeader.size)
        try self.init(header: header, first: header.nextPayload, reading: body)
    }

    /// Reads the payloads of a message, or of what an encrypted payload held.
    ///
    /// - Parameter first: the type of the first of them; 0 for none.
    package init(header: MessageHeader, first: UInt8, reading body: Span<UInt8>) throws(MessageError) {
        let chain: PayloadChain
        do {
            chain = try PayloadChain(reading: body, first: first)
        } catch {
            throw MessageError(.payloads, .chain(error))
        }
        var payloads: [Payload] = []
        payloads.reserveCapacity(chain.elements.count)
        for element in chain.elements {
            let type = PayloadType(rawValue: element.type)
            guard !Self.enclosing.contains(element.type) else {
                throw MessageError(.payloads, .encryption(expected: false))
            }
            payloads.append(
                try Payload(type, reserved: element.reserved, body: body.extracting(element.body)))
        }
        self.init(header: header, payloads: payloads)
    }

    /// Payloads that hold others.
    static let enclosing: [UInt8] = [
        PayloadType.encrypted.rawValue, PayloadType.encryptedFragment.rawValue,
    ]

    /// Reads the header of a datagram and holds it against the datagram's version and length.
    package static func header(of datagram: [UInt8]) throws(MessageError) -> MessageHeader {
        let header: MessageHeader
        do {
            header = try MessageHeader(of: datagram)
        } catch {
            throw MessageError(.header, .wire(error))
        }
        guard header.majorVersion == 2 else {
            throw MessageError(.header, .majorVersion(header.majorVersion, expected: 2))
        }
        guard UInt64(header.length) == UInt64(datagram.count) else {
            throw MessageError(.header, .lengthMismatch(header: header.length, datagram: datagram.count))
        }
        return header
    }

    /// The whole message in clear, with the header's first payload type and length put right.
    package func encode() throws(MessageError) -> [UInt8] {
        let body = try Self.encode(payloads)
        return try Self.encode(header, first: payloads.first?.type.rawValue ?? 0, body: body.span)
    }

    /// The header, then `body`.
    static func encode(
        _ header: MessageHeader, first: UInt8, body: Span<UInt8>
    ) throws(MessageError) -> [UInt8] {
        let size = MessageHeader.size + body.count
        guard let length = UInt32(exactly: size), length <= 0xffff else {
            throw MessageError(.header, .size("message", found: size, expected: "at most 65535"))
        }
        var header = header
        header.nextPayload = first
        header.length = length
        var writer = ByteWriter(capacity: size)
        header.write(to: &writer)
        writer.put(body)
        return writer.bytes
    }

    /// Payloads with their generic headers, one after the other, as they stand in a message.
    package static func encode(_ payloads: [Payload]) throws(MessageError) -> [UInt8] {
        try Payload.encode(payloads)
    }
}

extension Message {
    /// The first unknown payload that must not be ignored (RFC 7296 section 2.5); nil if there is none.
    package var unknownCriticalPayload: PayloadType? {
        for case .unknown(let type, isCritical: true, _) in payloads where !type.isDefined { return type }
        return nil
    }

    /// All notifications, in their order.
    package var notifications: [NotifyPayload] {
        payloads.compactMap { payload in
            if case .notify(let notify) = payload { notify } else { nil }
        }
    }

    package func notification(_ type: NotifyType) -> NotifyPayload? {
        for case .notify(let notify) in payloads where notify.type == type { return notify }
        return nil
    }
}
