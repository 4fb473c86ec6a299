package import ISAKMP
import Wire

/// An IKEv1 message in clear: a header and payloads in their order.
package struct Message: Hashable, Sendable {
    /// `nextPayload` and `length` are filled in by `encode()`.
    package var header: MessageHeader
    package var payloads: [Payload] {
        didSet { received = nil }
    }

    /// The payloads as they came, without padding; nil once they were changed or where they never came.
    ///
    /// Spelled out, as what is nil by itself makes each initialiser copy the whole.
    private var received: Optional<ArraySlice<UInt8>>

    package init(header: MessageHeader, payloads: [Payload]) {
        self.header = header
        self.payloads = payloads
        received = nil
    }

    /// Reads a datagram whose payloads are in clear.
    package init(decoding datagram: [UInt8]) throws(MessageError) {
        let header = try Self.header(of: datagram)
        guard !header.flags.contains(.encryption) else {
            throw MessageError(.header, .encryption(expected: false))
        }
        try self.init(header: header, body: datagram.dropFirst(MessageHeader.size), allowsPadding: false)
    }

    /// Reads the payloads of a message that was encrypted; octets after the last one are padding.
    package init(header: MessageHeader, decrypted body: [UInt8]) throws(MessageError) {
        try self.init(header: header, body: body[...], allowsPadding: true)
    }

    private init(header: MessageHeader, body: ArraySlice<UInt8>, allowsPadding: Bool) throws(MessageError) {
        let chain: PayloadChain
        do {
            chain = try PayloadChain(
                reading: body.span, first: header.nextPayload, allowsPadding: allowsPadding)
        } catch {
            throw MessageError(.payloads, .chain(error))
        }
        var payloads: [Payload] = []
        payloads.reserveCapacity(chain.elements.count)
        for element in chain.elements {
            payloads.append(
                try Payload(
                    type: PayloadType(rawValue: element.type), body: body.span.extracting(element.body)))
        }
        self.header = header
        self.payloads = payloads
        received = body.prefix(chain.readLength)
    }

    /// Reads the header of a datagram and holds it against the datagram's version and length.
    package static func header(of datagram: [UInt8]) throws(MessageError) -> MessageHeader {
        let header: MessageHeader
        do {
            header = try MessageHeader(of: datagram)
        } catch {
            throw MessageError(.header, .wire(error))
        }
        guard header.majorVersion == 1 else {
            throw MessageError(.header, .majorVersion(header.majorVersion, expected: 1))
        }
        guard UInt64(header.length) == UInt64(datagram.count) else {
            throw MessageError(.header, .lengthMismatch(header: header.length, datagram: datagram.count))
        }
        return header
    }

    /// The whole message in clear, with the header's first payload type and length put right.
    package func encode() throws(MessageError) -> [UInt8] {
        let body = try Self.encode(payloads)
        return try encode(body: body.span, isEncrypted: header.flags.contains(.encryption))
    }

    /// The header, then `body`, which is the payloads encrypted or in clear.
    func encode(body: Span<UInt8>, isEncrypted: Bool) throws(MessageError) -> [UInt8] {
        let size = MessageHeader.size + body.count
        guard let length = UInt32(exactly: size), length <= 0xffff else {
            throw MessageError(.header, .size("message", found: size, expected: "at most 65535"))
        }
        var header = header
        header.nextPayload = payloads.first?.type.rawValue ?? 0
        header.length = length
        if isEncrypted {
            header.flags.insert(.encryption)
        } else {
            header.flags.remove(.encryption)
        }
        var writer = ByteWriter(capacity: size)
        header.write(to: &writer)
        writer.put(body)
        return writer.bytes
    }

    /// The header of a message in clear, then the payloads as they came, or encoded where they did not come as they
    /// are.
    func encodeAsReceived() throws(MessageError) -> [UInt8] {
        guard let received else {
            let body = try Self.encode(payloads)
            return try encode(body: body.span, isEncrypted: false)
        }
        return try encode(body: received.span, isEncrypted: false)
    }

    /// Payloads with their generic headers, one after the other, as they stand in a message.
    package static func encode(_ payloads: some Collection<Payload>) throws(MessageError) -> [UInt8] {
        try Payload.encode(payloads)
    }

    /// What the hash in the first payload covers after the message ID: every payload behind it with its
    /// generic header, exactly as received, or as `encode()` will write them; padding is left out.
    ///
    /// nil where the first payload is not a hash (RFC 2409 sections 5.5 and 5.7 want it first).
    package func octetsAfterHash() throws(MessageError) -> [UInt8]? {
        guard case .hash(let hash)? = payloads.first else { return nil }
        if let received { return Array(received.dropFirst(Self.genericHeaderSize + hash.count)) }
        return try Self.encode(payloads.dropFirst())
    }

    private static let genericHeaderSize = 4
}
