internal import Cryptography
package import IPsec

/// Signs captured AH packets again, to hold our ICV against the sender's.
package struct AHResealing: ~Copyable, Sendable {
    private var authentication: PacketAuthentication
    private var fields = MutableFields()
    private let isExtended: Bool

    /// Keys the integrity algorithm.
    ///
    /// - Throws: `unsupported` with a sentence, for what this engine does not do.
    package init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        let authentication = try association.packetAuthentication()
        self.authentication = authentication
        isExtended = association.usesExtendedSequenceNumbers
    }

    /// Writes the ICV that this engine makes into the packet.
    ///
    /// - Parameter sequence: With extended sequence numbers, all 64 bits.
    /// - Throws: `badLength` for a header without room for it, `truncatedHeader` for malformed options.
    package mutating func reseal(
        _ buffer: inout MutableSpan<UInt8>, _ packet: AHPacket, sequence: UInt64
    ) throws(DropReason) {
        guard packet.packet.upperBound <= buffer.count,
            packet.header.count >= AHPacket.fixedCount + authentication.icvSize
        else { throw .badLength }
        try fields.blank(packet.ip.value, in: &buffer, at: packet.ip.start)
        authentication.sign(
            &buffer, packet.packet, icv: packet.header.lowerBound + AHPacket.fixedCount,
            sequenceHigh: isExtended ? UInt32(truncatingIfNeeded: sequence >> 32) : nil)
        fields.restore(in: &buffer, at: packet.ip.start)
    }
}
