internal import Algorithms
internal import Cryptography
package import IPsec
internal import KeyMaterial

/// Seals captured ESP packets again with the IV and sequence number they have, to hold our octets against the sender's.
package struct ESPResealing: ~Copyable, Sendable {
    private var opening: PacketProtection
    private var sealing: PacketProtection
    private let alignment: Int
    private let blockSize: Int
    private let isExtended: Bool

    /// Keys the transform.
    ///
    /// - Throws: `unsupported` with a sentence, for what this engine does not do.
    package init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        // No IV is made of the seed.
        let seed = SecretBytes(copying: Array(repeating: 0, count: 16))
        let opening = try association.protection(.opening, ivSeed: seed)
        let sealing = try association.protection(.sealing, ivSeed: seed)
        self.opening = opening
        self.sealing = sealing
        isExtended = association.usesExtendedSequenceNumbers
        blockSize = association.transform.encryption.algorithm.blockSize
        alignment = Encapsulation.alignment(association.transform.encryption.algorithm)
    }

    /// What this engine makes of the payload of a genuine packet; nil if the packet is not one.
    ///
    /// - Parameters:
    ///   - packet: From the SPI to the end of the ICV.
    ///   - sequence: With extended sequence numbers, all 64 bits.
    package mutating func resealed(_ packet: [UInt8], sequence: UInt64) -> [UInt8]? {
        let high = isExtended ? UInt32(truncatingIfNeeded: sequence >> 32) : nil
        let front = PacketProtection.headerSize + opening.ivSize
        let bodyCount = packet.count - front - opening.icvSize
        var plain = packet
        guard bodyCount >= 2, bodyCount.isMultiple(of: blockSize) else { return nil }
        var span = plain.mutableSpan
        guard opening.open(&span, PacketLayout(start: 0, bodyCount: bodyCount, sequenceHigh: high)),
            let trailer = try? Trailer(span.span, front..<front + bodyCount)
        else { return nil }
        return sealed(packet[..<front] + plain[front..<trailer.payloadEnd], trailer.nextHeader, high)
    }

    /// Adds padding and trailer to header, IV and payload, and seals.
    private mutating func sealed(
        _ front: ArraySlice<UInt8>, _ nextHeader: UInt8, _ high: UInt32?
    ) -> [UInt8] {
        let before = PacketProtection.headerSize + sealing.ivSize
        let padCount = (alignment - (front.count - before + 2) % alignment) % alignment
        var octets = Array(front)
        for index in 0..<padCount { octets.append(UInt8(truncatingIfNeeded: index + 1)) }
        octets += [UInt8(truncatingIfNeeded: padCount), nextHeader]
        let bodyCount = octets.count - before
        octets += [UInt8](repeating: 0, count: sealing.icvSize)
        var span = octets.mutableSpan
        sealing.reseal(&span, PacketLayout(start: 0, bodyCount: bodyCount, sequenceHigh: high))
        return octets
    }
}
