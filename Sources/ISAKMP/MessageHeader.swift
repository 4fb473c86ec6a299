package import Wire

/// The 28 octets that every ISAKMP message starts with (RFC 2408 section 3.1).
///
///                          1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +---------------------------------------------------------------+
///     !                       Initiator cookie                        !
///     !                                                               !
///     +---------------------------------------------------------------+
///     !                       Responder cookie                        !
///     !                                                               !
///     +---------------------------------------------------------------+
///     !  Next payload ! Major ! Minor ! Exchange type !     Flags     !
///     +---------------------------------------------------------------+
///     !                          Message ID                           !
///     +---------------------------------------------------------------+
///     !                            Length                             !
///     +---------------------------------------------------------------+
package struct MessageHeader: Hashable, Sendable {
    /// Octets of a header.
    package static let size = 28

    /// The flags of RFC 2408 section 3.1 and RFC 7296 section 3.1; other bits are kept and mean nothing.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Everything after the header is encrypted.
        package static let encryption = Flags(rawValue: 0x01)
        /// The sender wants a CONNECTED notification before the SA is used.
        package static let commit = Flags(rawValue: 0x02)
        /// Authenticated but not encrypted: for key recovery, never in a key exchange.
        package static let authenticationOnly = Flags(rawValue: 0x04)

        /// IKEv2: sent by the side that started the IKE SA.
        package static let initiator = Flags(rawValue: 0x08)
        /// IKEv2: the sender could speak a higher major version.
        package static let higherVersion = Flags(rawValue: 0x10)
        /// IKEv2: answers the request with the same message ID.
        package static let response = Flags(rawValue: 0x20)
    }

    package var initiatorCookie: UInt64
    /// 0 in the first message of phase 1.
    package var responderCookie: UInt64
    /// Type of the first payload, 0 for none; in clear even where the payloads are encrypted.
    package var nextPayload: UInt8
    /// Major version in the upper four bits, minor version in the lower.
    package var version: UInt8
    package var exchangeType: ExchangeType
    package var flags: Flags
    /// 0 in phase 1.
    package var messageID: UInt32
    /// Octets of the whole message, this header included.
    package var length: UInt32

    package init(
        initiatorCookie: UInt64, responderCookie: UInt64, exchangeType: ExchangeType, flags: Flags = [],
        messageID: UInt32 = 0, nextPayload: UInt8 = 0, version: UInt8 = 0x10, length: UInt32 = 0
    ) {
        self.initiatorCookie = initiatorCookie
        self.responderCookie = responderCookie
        self.nextPayload = nextPayload
        self.version = version
        self.exchangeType = exchangeType
        self.flags = flags
        self.messageID = messageID
        self.length = length
    }

    package var majorVersion: UInt8 { version >> 4 }
    package var minorVersion: UInt8 { version & 0x0f }

    /// Takes a header off the front of `bytes`, judging nothing but that it is whole.
    package init(taking bytes: inout Span<UInt8>) throws(WireError) {
        guard bytes.count >= Self.size else { throw .truncated(needed: Self.size, available: bytes.count) }
        initiatorCookie = try bytes.takeUInt64()
        responderCookie = try bytes.takeUInt64()
        nextPayload = try bytes.takeUInt8()
        version = try bytes.takeUInt8()
        exchangeType = ExchangeType(rawValue: try bytes.takeUInt8())
        flags = Flags(rawValue: try bytes.takeUInt8())
        messageID = try bytes.takeUInt32()
        length = try bytes.takeUInt32()
    }

    /// Reads the header of a datagram.
    package init(of datagram: [UInt8]) throws(WireError) {
        var bytes = datagram.span
        try self.init(taking: &bytes)
    }

    package func write(to writer: inout ByteWriter) {
        writer.put(octets: Self.size) { room in
            room.append(initiatorCookie)
            room.append(responderCookie)
            room.append(nextPayload)
            room.append(version)
            room.append(exchangeType.rawValue)
            room.append(flags.rawValue)
            room.append(messageID)
            room.append(length)
        }
    }
}
