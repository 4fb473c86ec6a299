import ISAKMP
import Wire

/// Security associations that the sender has deleted on its side (RFC 2408 section 3.15).
///
///     +---------------------------------------------------------------+
///     !                   Domain of interpretation                    !
///     +---------------+---------------+-------------------------------+
///     !  Protocol ID  !   SPI size    !        Number of SPIs         !
///     +---------------+---------------+-------------------------------+
///     ~                             SPIs                              ~
///     +---------------------------------------------------------------+
package struct DeletePayload: Hashable, Sendable {
    /// Kept as received: some peers write 0 in phase 1.
    package var domainOfInterpretation: UInt32
    /// See `ProtocolID`.
    package var protocolID: UInt8
    /// All of one size, not empty: both cookies for ISAKMP, four octets for ESP.
    package var spis: [[UInt8]]

    package init(
        protocolID: UInt8, spis: [[UInt8]], domainOfInterpretation: UInt32 = DomainOfInterpretation.ipsec
    ) {
        self.domainOfInterpretation = domainOfInterpretation
        self.protocolID = protocolID
        self.spis = spis
    }

    package init(body: Span<UInt8>) throws(MessageError) {
        var size = 0
        var count = 0
        var left: [UInt8] = []
        self = try MessageError.reading(.delete, body) { rest throws(WireError) in
            let domain = try rest.takeUInt32()
            let protocolID = try rest.takeUInt8()
            size = Int(try rest.takeUInt8())
            count = Int(try rest.takeUInt16())
            var spis: [[UInt8]] = []
            if size > 0 {
                for _ in 0..<count { spis.append(try rest.takeBytes(size)) }
            }
            left = rest.takeRemainingBytes()
            return DeletePayload(protocolID: protocolID, spis: spis, domainOfInterpretation: domain)
        }
        guard size > 0, count > 0 else {
            throw Self.error(
                .content("\(count) SPIs of \(size) octets, expected at least one of at least one"))
        }
        guard left.isEmpty else {
            throw Self.error(.size("what follows the SPIs", found: left.count, expected: "none"))
        }
    }

    func write(to writer: inout ByteWriter) throws(MessageError) {
        guard let first = spis.first, let size = UInt8(exactly: first.count), size > 0,
            let count = UInt16(exactly: spis.count), spis.allSatisfy({ $0.count == first.count })
        else {
            throw Self.error(.content("SPIs to delete must be 1 to 65535, of one size from 1 to 255 octets"))
        }
        writer.put(domainOfInterpretation)
        writer.put(protocolID)
        writer.put(size)
        writer.put(count)
        for spi in spis { writer.put(spi) }
    }

    private static func error(_ reason: MessageError.Reason) -> MessageError {
        MessageError(.payload(.delete), reason)
    }
}
