internal import Algorithms
internal import Cryptography
package import IPsec
internal import KeyMaterial

/// One inbound ESP security association at work; it belongs to one thread at a time.
///
/// Find the packet, find its SA by `packet.spi`, open it:
/// ```
/// let packet = try ESPPacket(inIPPacket: 0..<length, of: buffer.span)
/// let opened = try sa.open(&buffer, packet)
/// write(buffer.extracting(opened.packet))    // an IP packet; check opened.flow against the SPD first
/// ```
package struct InboundSA: ~Copyable, Sendable {
    /// What never changes while it lives.
    package let association: SecurityAssociation
    private var protection: PacketProtection
    private var window: ReplayWindow
    private var watch: LifetimeWatch
    private let decapsulation: Decapsulation
    /// The cipher's, a power of two.
    private let blockSize: Int

    /// Keys the transform.
    ///
    /// - Throws: `unsupported` with a sentence, for what this engine does not do.
    package init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        // All that may fail comes first.
        let decapsulation = try Decapsulation(association)
        let protection = try association.protection(
            .opening, ivSeed: SecretBytes(copying: Array(repeating: 0, count: 16)))
        self.association = association
        self.decapsulation = decapsulation
        blockSize = association.transform.encryption.algorithm.blockSize
        self.protection = protection
        window = ReplayWindow(association.replay)
        watch = LifetimeWatch(association)
    }

    /// What it has carried: IP packets after decapsulation.
    package var usage: SecurityAssociationUsage { watch.usage }

    /// The highest sequence number received in a genuine packet; 0 before the first.
    package var highestSequence: UInt64 { window.highest }

    /// Checks and decrypts an ESP packet in place, and restores the IP packet.
    ///
    /// - Throws: Why not. The octets of a refused packet are of no use afterwards.
    package mutating func open(
        _ buffer: inout MutableSpan<UInt8>, _ packet: ESPPacket
    ) throws(DropReason) -> OpenedPacket {
        try verifyAndRestore(&buffer, packet)
    }

    // Not `package` itself: the compiler inlines other modules' functions into internal ones alone.
    private mutating func verifyAndRestore(
        _ buffer: inout MutableSpan<UInt8>, _ packet: borrowing ESPPacket
    ) throws(DropReason) -> OpenedPacket {
        try watch.requireTimeLeft()
        let sequence = window.sequence(packet.sequence)
        let layout = try layout(of: packet, sequence, bufferCount: buffer.count)
        try window.check(sequence)
        guard protection.open(&buffer, layout) else { throw .integrityFailed }
        window.accept(sequence)
        let opened = try decapsulation.restore(&buffer, packet, layout, ivSize: protection.ivSize)
        let signal = watch.count(opened.packet.count)
        return OpenedPacket(packet: opened.packet, flow: opened.flow, signal: signal)
    }

    @inline(always)
    private func layout(
        of packet: ESPPacket, _ sequence: UInt64, bufferCount: Int
    ) throws(DropReason) -> PacketLayout {
        guard packet.range.upperBound <= bufferCount else { throw .badLength }
        let overhead = PacketProtection.headerSize + protection.ivSize + protection.icvSize
        let bodyCount = packet.range.count - overhead
        guard bodyCount >= 2 else { throw .tooShort }
        guard bodyCount & (blockSize &- 1) == 0 else { throw .partialBlock }
        return PacketLayout(
            start: packet.range.lowerBound, bodyCount: bodyCount, sequenceHigh: window.high(sequence))
    }
}

/// A decrypted packet in its buffer.
package struct OpenedPacket: Sendable {
    /// The IP packet.
    package let packet: Range<Int>
    /// What selectors look at in it; the SA's own selector has been checked.
    package let flow: PacketFlow
    /// A limit this packet reached, said once.
    package let signal: LifetimeSignal?
}
