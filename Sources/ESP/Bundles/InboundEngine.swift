package import IPsec

/// One inbound security association of any protocol at work; it belongs to one thread at a time.
package struct InboundEngine: ~Copyable, Sendable {
    /// What never changes while it lives.
    package let association: SecurityAssociation
    // One of these is there.
    private var esp: InboundSA?
    private var ah: InboundAHSA?
    private var ipcomp: InboundIPCompSA?

    /// Keys the transform.
    ///
    /// - Throws: `unsupported` with a sentence, for what these engines do not do.
    package init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        self.association = association
        switch association.id.protocol {
        case .esp: esp = try InboundSA(association)
        case .ah: ah = try InboundAHSA(association)
        case .ipcomp: ipcomp = try InboundIPCompSA(association)
        }
    }

    /// What it has carried: IP packets after decapsulation.
    package var usage: SecurityAssociationUsage {
        switch esp {
        case .some(let engine): return engine.usage
        case .none: break
        }
        switch ah {
        case .some(let engine): return engine.usage
        case .none: break
        }
        switch ipcomp {
        case .some(let engine): return engine.usage
        case .none: return SecurityAssociationUsage()
        }
    }

    /// The highest sequence number received in a genuine ESP packet; 0 without a replay window.
    package var highestSequence: UInt64 {
        switch esp {
        case .some(let engine): engine.highestSequence
        case .none: 0
        }
    }

    /// Checks an ESP packet, decrypts it in place and restores the IP packet.
    ///
    /// - Throws: Why not; `notESP` if the association is of another protocol.
    package mutating func open(
        _ buffer: inout MutableSpan<UInt8>, _ packet: ESPPacket
    ) throws(DropReason) -> OpenedPacket {
        guard let opened = try esp?.open(&buffer, packet) else { throw .notESP }
        return opened
    }

    /// Undoes in place what the association stands for.
    ///
    /// - Throws: Why not. The octets of a refused packet are of no use afterwards.
    package mutating func open(
        _ buffer: inout MutableSpan<UInt8>, _ packet: ProtectedPacket
    ) throws(DropReason) -> OpenedPacket {
        switch packet {
        case .esp(let packet): return try open(&buffer, packet)
        case .ah(let packet):
            guard let opened = try ah?.open(&buffer, packet) else { throw .notAH }
            return opened
        case .ipcomp(let packet):
            guard let opened = try ipcomp?.open(&buffer, packet) else { throw .notIPComp }
            return opened
        }
    }

    /// Takes IP in IP that an IPComp tunnel did not compress.
    ///
    /// - Throws: Why not; `notIPComp` if it does not belong to the association.
    package mutating func openUncompressed(
        _ buffer: inout MutableSpan<UInt8>, inIPPacket range: Range<Int>
    ) throws(DropReason) -> OpenedPacket {
        guard let opened = try ipcomp?.openUncompressed(&buffer, inIPPacket: range) else { throw .notIPComp }
        return opened
    }
}
