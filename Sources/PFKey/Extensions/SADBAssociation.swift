import IPsec
import Wire

/// What identifies an SA and how it protects (`struct sadb_sa`, RFC 2367 section 2.3.1).
package struct SADBAssociation: Hashable, Sendable {
    package var spi: UInt32
    /// Packets of the replay window; 0 for none.
    package var replay: UInt8
    /// 0 larval, 1 mature, 2 dying, 3 dead.
    package var state: UInt8
    /// SADB_AALG number; 0 for none.
    package var authentication: UInt8
    /// SADB_EALG number, SADB_X_CALG for IPComp; 0 for none.
    package var encryption: UInt8
    package var flags: UInt32

    package init(
        spi: UInt32, replay: UInt8 = 0, state: UInt8 = 0, authentication: UInt8 = 0, encryption: UInt8 = 0,
        flags: UInt32 = 0
    ) {
        self.spi = spi
        self.replay = replay
        self.state = state
        self.authentication = authentication
        self.encryption = encryption
        self.flags = flags
    }

    /// The SPI is in network byte order, the flags in the host's.
    init(_ body: inout Span<UInt8>) throws(WireError) {
        spi = try body.takeUInt32()
        replay = try body.takeUInt8()
        state = try body.takeUInt8()
        authentication = try body.takeUInt8()
        encryption = try body.takeUInt8()
        flags = try body.takeHostUInt32()
    }

    func put(into writer: inout ByteWriter) {
        writer.put(spi)
        writer.put(replay)
        writer.put(state)
        writer.put(authentication)
        writer.put(encryption)
        writer.put(host: flags)
    }
}

/// What KAME added to an SA (`struct sadb_x_sa2`).
package struct SADBAssociation2: Hashable, Sendable {
    /// 0 any, 1 transport, 2 tunnel, 3 BEET.
    package var mode: UInt8
    package var sequence: UInt32 = 0
    package var requestID: UInt32

    package init(mode: UInt8, requestID: UInt32) {
        self.mode = mode
        self.requestID = requestID
    }

    init(_ body: inout Span<UInt8>) throws(WireError) {
        mode = try body.takeUInt8()
        try body.skip(3)
        sequence = try body.takeHostUInt32()
        requestID = try body.takeHostUInt32()
    }

    func put(into writer: inout ByteWriter) {
        writer.put(mode)
        writer.putZeros(3)
        writer.put(host: sequence)
        writer.put(host: requestID)
    }
}

/// The numbers of modes in SA2 and in a policy's requests.
enum SADBMode {
    static func number(_ mode: EncapsulationMode?) -> UInt8 {
        switch mode {
        // PF_KEY has no number for IPTFS.
        case nil, .iptfs: 0
        case .transport: 1
        case .tunnel: 2
        case .beet: 3
        }
    }

    /// - Throws: for a number that is none of the four.
    static func mode(_ number: UInt8) throws(SADBError) -> EncapsulationMode? {
        switch number {
        case 0: return nil
        case 1: return .transport
        case 2: return .tunnel
        case 3: return .beet
        default:
            throw SADBError(
                .malformed, .invalid,
                "There is no IPsec mode \(number); 1 is transport, 2 is tunnel, 3 is BEET.")
        }
    }
}
