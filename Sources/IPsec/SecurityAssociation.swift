package import Algorithms
package import KeyMaterial

/// A security parameters index, host byte order (RFC 4301 section 4.1).
@usableFromInline package struct SPI: Hashable, Sendable, CustomStringConvertible {
    @usableFromInline package let value: UInt32

    @inlinable package init(_ value: UInt32) {
        self.value = value
    }

    /// 1 to 255 are reserved by IANA; 0 is for local use (RFC 4303 section 2.1).
    package var isReserved: Bool { value < 256 }

    /// `0x00001001`.
    @usableFromInline package var description: String {
        var characters = [UInt8(ascii: "0"), UInt8(ascii: "x")]
        characters.reserveCapacity(10)
        for shift in stride(from: 28, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt32(shift)) & 0xf
            characters.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return String(decoding: characters, as: UTF8.self)
    }
}

/// What protects a packet; the raw value is the IP protocol number.
package enum SecurityProtocol: UInt8, Hashable, Sendable {
    case esp = 50
    case ah = 51
    case ipcomp = 108
}

/// How much of the original packet is protected.
@usableFromInline package enum EncapsulationMode: String, Hashable, Sendable {
    case transport
    case tunnel
    case beet
    /// Aggregation and fragmentation (RFC 9347).
    case iptfs

    /// Written out so that other modules can inline it: it is asked for several times with each packet.
    @inlinable package static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.transport, .transport), (.tunnel, .tunnel), (.beet, .beet), (.iptfs, .iptfs): true
        case (.transport, _), (.tunnel, _), (.beet, _), (.iptfs, _): false
        }
    }
}

/// Which way packets of a security association travel, from our side.
package enum Direction: String, Hashable, Sendable {
    case inbound
    case outbound
}

/// What tells one security association from all others here (RFC 4301 section 4.1).
package struct SecurityAssociationID: Hashable, Sendable, CustomStringConvertible {
    /// Where its packets are going: our address for an inbound SA.
    package let destination: IPAddress
    package let `protocol`: SecurityProtocol
    package let spi: SPI

    package init(destination: IPAddress, protocol: SecurityProtocol, spi: SPI) {
        self.destination = destination
        self.protocol = `protocol`
        self.spi = spi
    }

    package var description: String { "\(`protocol`) \(spi) to \(destination)" }
}

/// The ports that carry ESP in UDP, from the SA's source to its destination as on the wire (RFC 3948).
package struct UDPEncapsulation: Hashable, Sendable {
    /// Host byte order.
    package var sourcePort: UInt16
    package var destinationPort: UInt16

    package init(sourcePort: UInt16, destinationPort: UInt16) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
    }
}

/// An ESP cipher with its key, and an integrity algorithm with its key unless the cipher is an AEAD.
package struct ESPTransform: Sendable {
    package var encryption: CipherChoice
    /// The key, then the salt where the cipher has one.
    package var encryptionKey: SecretKey
    package var integrity: IntegrityAlgorithm?
    package var integrityKey: SecretKey?

    package init(
        encryption: CipherChoice, encryptionKey: SecretKey, integrity: IntegrityAlgorithm?,
        integrityKey: SecretKey?
    ) {
        self.encryption = encryption
        self.encryptionKey = encryptionKey
        self.integrity = integrity
        self.integrityKey = integrityKey
    }
}

/// One security association as it is put into a SAD: all that does not change while it lives.
package struct SecurityAssociation: Sendable {
    package var id: SecurityAssociationID
    package var source: IPAddress
    package var direction: Direction
    package var mode: EncapsulationMode
    /// Ties the SA to the policies whose templates carry the same number; 0 for none.
    package var requestID: UInt32
    /// What inner packets must match; nil for any.
    package var selector: Selector?
    package var transform: ESPTransform
    /// How IPComp compresses; nil for ESP and AH.
    package var compression: CompressionAlgorithm?
    package var encapsulation: UDPEncapsulation?
    /// The replay window, the width of sequence numbers, and where they begin.
    package var replay: SADEntry.ReplayProtection
    package var lifetime: Lifetime
    /// What it counts as carried before its first packet.
    package var initialUsage = SecurityAssociationUsage()
    /// How headers are made and read.
    package var flags: Set<SAFlag> = []
    /// Octets that every packet of tunnel mode is padded to; 0 for none (RFC 4303 section 2.7).
    package var trafficFlowPadding: UInt32 = 0
    /// The sequence number of the ACQUIRE this answers, so that its larval SA goes; 0 for none.
    package var acquireSequence: UInt32

    package init(
        id: SecurityAssociationID, source: IPAddress, direction: Direction, mode: EncapsulationMode,
        requestID: UInt32, selector: Selector? = nil, transform: ESPTransform,
        encapsulation: UDPEncapsulation? = nil, replayWindow: UInt32 = 64,
        usesExtendedSequenceNumbers: Bool = false, lifetime: Lifetime = .unlimited,
        acquireSequence: UInt32 = 0
    ) {
        self.id = id
        self.source = source
        self.direction = direction
        self.mode = mode
        self.requestID = requestID
        self.selector = selector
        self.transform = transform
        self.encapsulation = encapsulation
        replay = SADEntry.ReplayProtection(
            window: replayWindow, usesExtendedSequenceNumbers: usesExtendedSequenceNumbers)
        self.lifetime = lifetime
        self.acquireSequence = acquireSequence
    }

    /// The IPComp SA beside one that protects the same packets: it goes where that one goes, in that one's mode.
    ///
    /// It has no keys, and counts no packets. UDP is around the outer SA alone.
    ///
    /// - Parameter index: its CPI.
    package init(
        compressingBeside other: SecurityAssociation, _ algorithm: CompressionAlgorithm, index: SPI
    ) {
        self.init(
            id: SecurityAssociationID(destination: other.id.destination, protocol: .ipcomp, spi: index),
            source: other.source, direction: other.direction, mode: other.mode, requestID: other.requestID,
            transform: ESPTransform(
                encryption: CipherChoice(.null), encryptionKey: SecretKey(copying: []), integrity: nil,
                integrityKey: nil),
            replayWindow: 0, lifetime: other.lifetime)
        compression = algorithm
    }

    /// Packets; 0 for no replay check.
    package var replayWindow: UInt32 {
        get { replay.window }
        set { replay.window = newValue }
    }
    package var usesExtendedSequenceNumbers: Bool {
        get { replay.usesExtendedSequenceNumbers }
        set { replay.usesExtendedSequenceNumbers = newValue }
    }
}

/// What an SA has carried so far.
package struct SecurityAssociationUsage: Hashable, Sendable {
    package var bytes: UInt64
    package var packets: UInt64

    package init(bytes: UInt64 = 0, packets: UInt64 = 0) {
        self.bytes = bytes
        self.packets = packets
    }
}
