internal import Cryptography
package import IPsec

/// One inbound AH security association at work; it belongs to one thread at a time (RFC 4302 section 3.4).
package struct InboundAHSA: ~Copyable, Sendable {
    /// What never changes while it lives.
    package let association: SecurityAssociation
    private var authentication: PacketAuthentication
    private var fields = MutableFields()
    private var window: ReplayWindow
    private var watch: LifetimeWatch
    private let decapsulation: Decapsulation

    /// Keys the integrity algorithm.
    ///
    /// - Throws: `unsupported` with a sentence, for what this engine does not do.
    package init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        // All that may fail comes first.
        let decapsulation = try Decapsulation(association)
        let authentication = try association.packetAuthentication()
        self.association = association
        self.decapsulation = decapsulation
        self.authentication = authentication
        window = ReplayWindow(association.replay)
        watch = LifetimeWatch(association)
    }

    /// What it has carried: IP packets after decapsulation.
    package var usage: SecurityAssociationUsage { watch.usage }

    /// The highest sequence number received in a genuine packet; 0 before the first.
    package var highestSequence: UInt64 { window.highest }

    /// Checks an AH packet in place, and restores the IP packet.
    ///
    /// - Throws: Why not. The octets of a refused packet are of no use afterwards.
    package mutating func open(
        _ buffer: inout MutableSpan<UInt8>, _ packet: AHPacket
    ) throws(DropReason) -> OpenedPacket {
        try watch.requireTimeLeft()
        try requireFittingHeader(packet, bufferCount: buffer.count)
        let sequence = window.sequence(packet.sequence)
        try window.check(sequence)
        guard try isGenuine(packet, &buffer, window.high(sequence)) else { throw .integrityFailed }
        window.accept(sequence)
        let opened = try decapsulation.restore(
            &buffer, packet.header.upperBound..<packet.packet.upperBound, packet.nextHeader, packet.outer,
            packet.ip)
        return OpenedPacket(
            packet: opened.packet, flow: opened.flow, signal: watch.count(opened.packet.count))
    }

    /// Whoever pads, by the standard or as Linux does, must do it for this algorithm's ICV.
    private func requireFittingHeader(_ packet: AHPacket, bufferCount: Int) throws(DropReason) {
        guard packet.packet.upperBound <= bufferCount else { throw .badLength }
        let family = packet.ip.value.family
        let fitting = [AHAlignment.standard, .linux].contains { alignment in
            alignment.headerCount(icvSize: authentication.icvSize, family: family) == packet.header.count
        }
        guard fitting else { throw .badLength }
    }

    private mutating func isGenuine(
        _ packet: AHPacket, _ buffer: inout MutableSpan<UInt8>, _ sequenceHigh: UInt32?
    ) throws(DropReason) -> Bool {
        try fields.blank(packet.ip.value, in: &buffer, at: packet.ip.start)
        let icv = packet.header.lowerBound + AHPacket.fixedCount
        let isGenuine = authentication.verify(&buffer, packet.packet, icv: icv, sequenceHigh: sequenceHigh)
        fields.restore(in: &buffer, at: packet.ip.start)
        return isGenuine
    }
}
