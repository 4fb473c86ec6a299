package import Cryptography
package import IPsec

/// One outbound security association of any protocol at work; it belongs to one thread at a time.
///
/// A bundle is sealed by one after the other, the innermost first, each taking `packet` of what the one before gave.
package struct OutboundEngine: ~Copyable, Sendable {
    /// Octets that no association needs more of before a packet; a bundle needs them for each of its associations.
    package static let headroom = max(PacketRoom.headroom, OutboundAHSA.headroom, OutboundIPCompSA.headroom)

    /// What never changes while it lives, apart from the ports of its encapsulation.
    package private(set) var association: SecurityAssociation
    // One of these is there.
    private var esp: OutboundSA?
    private var ah: OutboundAHSA?
    private var ipcomp: OutboundIPCompSA?

    /// Keys the transform.
    ///
    /// - Throws: `unsupported` with a sentence, for what these engines do not do.
    package init(_ association: SecurityAssociation, random: inout some RandomSource) throws(DatabaseFailure)
    {
        self.association = association
        switch association.id.protocol {
        case .esp: esp = try OutboundSA(association, random: &random)
        case .ah: ah = try OutboundAHSA(association, random: &random)
        case .ipcomp: ipcomp = try OutboundIPCompSA(association, random: &random)
        }
    }

    /// What it has carried: IP packets before encapsulation.
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

    /// The last sequence number that ESP used.
    package var lastSequence: UInt64 {
        switch esp {
        case .some(let engine): engine.lastSequence
        case .none: 0
        }
    }

    /// Changes the UDP ports after the peer's NAT mapping moved; ESP alone has any.
    package mutating func updateEncapsulation(_ encapsulation: UDPEncapsulation) {
        guard association.encapsulation != nil else { return }
        association.encapsulation = encapsulation
        esp?.updateEncapsulation(encapsulation)
    }

    /// Pads no tunnel packet to more than `octets`, its MTU; ESP alone pads.
    package mutating func limitFlowPadding(to octets: Int) {
        esp?.limitFlowPadding(to: octets)
    }

    /// Protects the IP packet in `packet`, in place.
    ///
    /// - Throws: Why not; the packet may have been changed, the association not.
    package mutating func seal(
        _ buffer: inout MutableSpan<UInt8>, packet: Range<Int>
    ) throws(DropReason) -> SealedPacket {
        if let sealed = try esp?.seal(&buffer, packet: packet) { return sealed }
        if let sealed = try ah?.seal(&buffer, packet: packet) { return sealed }
        if let sealed = try ipcomp?.seal(&buffer, packet: packet) { return sealed }
        preconditionFailure("an engine has one protocol")
    }
}
