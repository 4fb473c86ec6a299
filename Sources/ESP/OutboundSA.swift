internal import Algorithms
package import Cryptography
package import IPsec
internal import KeyMaterial

/// One outbound ESP security association at work; it belongs to one thread at a time.
///
/// Give it a buffer that holds an IP packet with `PacketRoom.headroom` octets before and `PacketRoom.tailroom`
/// octets behind:
/// ```
/// let sealed = try sa.seal(&buffer, packet: 80..<80 + length)
/// send(buffer.extracting(sealed.packet))     // a whole IP packet, or
/// send(buffer.extracting(sealed.payload))    // what follows the IP header (UDP first, if encapsulated), or
/// send(buffer.extracting(sealed.esp))        // ESP alone, for a UDP socket
/// ```
package struct OutboundSA: ~Copyable, Sendable {
    /// What never changes while it lives, apart from the ports of its encapsulation.
    package private(set) var association: SecurityAssociation
    private var protection: PacketProtection
    private var numbers: SequenceCounter
    private var identification: UInt16
    private var watch: LifetimeWatch
    private var encapsulation: Encapsulation

    /// Keys the transform.
    ///
    /// - Parameter random: For the seed of unpredictable IVs.
    /// - Throws: `unsupported` with a sentence, for what this engine does not do.
    package init(_ association: SecurityAssociation, random: inout some RandomSource) throws(DatabaseFailure)
    {
        // All that may fail comes first.
        let protection = try association.protection(.sealing, ivSeed: random.secret(count: 16))
        let encapsulation = try Encapsulation(
            association, ivSize: protection.ivSize, icvSize: protection.icvSize)
        self.association = association
        self.encapsulation = encapsulation
        self.protection = protection
        identification = UInt16(truncatingIfNeeded: random.uint32())
        numbers = SequenceCounter(association)
        watch = LifetimeWatch(association)
    }

    /// What it has carried: IP packets before encapsulation.
    package var usage: SecurityAssociationUsage { watch.usage }

    /// The last sequence number used.
    package var lastSequence: UInt64 { numbers.last }

    /// Changes the UDP ports after the peer's NAT mapping moved.
    package mutating func updateEncapsulation(_ encapsulation: UDPEncapsulation) {
        association.encapsulation = encapsulation
    }

    /// Protects the IP packet in `packet`, in place.
    ///
    /// - Throws: Why not; the packet may have been changed, the SA not.
    package mutating func seal(
        _ buffer: inout MutableSpan<UInt8>, packet: Range<Int>
    ) throws(DropReason) -> SealedPacket {
        try seal(&buffer, packet: packet, isDummy: false)
    }

    /// Makes a dummy packet, which the receiver discards, of the octets in `packet` (RFC 4303 section 2.6).
    ///
    /// The front of them becomes an IP header; the rest is sent as it is, encrypted: give random octets or zeros.
    ///
    /// - Throws: `badLength` for less than 40 octets, and as `seal`.
    package mutating func sealDummy(
        _ buffer: inout MutableSpan<UInt8>, packet: Range<Int>
    ) throws(DropReason) -> SealedPacket {
        guard packet.lowerBound >= 0, packet.upperBound <= buffer.count,
            packet.count >= 40, packet.count <= Int(UInt16.max)
        else { throw .badLength }
        let addresses = association.mode == .beet ? association.selector : nil
        let header = TunnelHeader(
            source: addresses?.source.address ?? association.source,
            destination: addresses?.destination.address ?? association.id.destination, trafficClass: 0,
            dontFragment: true, identification: 0)
        header.write(
            to: &buffer, at: packet.lowerBound, payloadCount: packet.count - header.count,
            nextProtocol: IPProtocol.none)
        return try seal(&buffer, packet: packet, isDummy: true)
    }

    /// Pads no tunnel packet to more than `octets`, its MTU, whatever traffic flow padding the SA asks for.
    ///
    /// What is said last counts: paths become longer again.
    package mutating func limitFlowPadding(to octets: Int) {
        encapsulation.limitFlowPadding(to: octets)
    }

    // Not `package` itself: the compiler inlines other modules' functions into internal ones alone.
    private mutating func seal(
        _ buffer: inout MutableSpan<UInt8>, packet: Range<Int>, isDummy: Bool
    ) throws(DropReason) -> SealedPacket {
        try watch.requireTimeLeft()
        let sequence = try numbers.next()
        let ports = association.encapsulation
        let plan = try encapsulation.plan(
            buffer.span, packet, isUDP: ports != nil, sequenceHigh: numbers.high(sequence),
            isDummy: isDummy)
        numbers.use(sequence)
        identification &+= 1
        encapsulation.write(
            plan, to: &buffer, spi: association.id.spi, sequence: UInt32(truncatingIfNeeded: sequence),
            ports: ports, identification: identification)
        protection.seal(&buffer, plan.layout, counter: sequence)
        if plan.udpCount > 0, association.source.family == .ipv6 {
            let datagram = plan.layout.start - plan.udpCount..<plan.packet.upperBound
            TransportChecksum.putUDP(in: &buffer, ipv6: plan.packet, datagram)
        }
        return plan.sealed(signal: watch.count(plan.innerCount))
    }

    /// Continues after a sequence number: for tests of the end of the range.
    mutating func skipSequence(to last: UInt64) {
        numbers.use(last)
    }
}

/// A protected packet in its buffer.
package struct SealedPacket: Sendable {
    /// The whole IP packet.
    package let packet: Range<Int>
    /// Octets of IP header at its front, extension headers included.
    package let headerCount: Int
    /// From the SPI to the end of the ICV.
    package let esp: Range<Int>
    /// DSCP and ECN of the IP header, for a kernel that writes the header.
    package let trafficClass: UInt8
    /// Its time to live or hop limit.
    package let hopLimit: UInt8
    /// Whether the IP header forbids fragmentation.
    package let dontFragment: Bool
    /// A limit this packet reached, said once.
    package let signal: LifetimeSignal?

    /// What follows the IP header: ESP, or UDP with ESP in it.
    package var payload: Range<Int> { packet.lowerBound + headerCount..<packet.upperBound }
}

extension SecurityAssociation {
    /// The transform, keyed, after a check that this engine does all that is asked.
    func protection(
        _ use: PacketProtection.Use, ivSeed: borrowing SecretBytes
    ) throws(DatabaseFailure) -> PacketProtection {
        guard id.protocol == .esp else { throw refused("protocol \(id.protocol)", "only ESP is done") }
        guard mode != .iptfs else { throw refused("IPTFS mode", "use tunnel, transport or BEET mode") }
        guard trafficFlowPadding == 0 || mode == .tunnel else {
            throw refused("traffic flow padding in \(mode) mode", "leave it out, or use tunnel mode")
        }
        guard trafficFlowPadding <= UInt32(UInt16.max) else {
            throw refused("padding to \(trafficFlowPadding) octets", "give at most \(UInt16.max)")
        }
        if let flag = flags.first(where: { Self.unsupportedFlags.contains($0) }) {
            throw refused("the flag \(flag.rawValue)", "leave it out")
        }
        guard source.family == id.destination.family else {
            throw refused("\(source) to \(id.destination)", "both ends need the same address family")
        }
        do throws(CipherFailure) {
            return try PacketProtection(
                transform.encryption, encryptionKey: transform.encryptionKey, integrity: transform.integrity,
                integrityKey: transform.integrityKey, use: use, ivSeed: ivSeed)
        } catch {
            throw refused(error.description, "choose another transform or key")
        }
    }

    /// Those of Mobile IPv6, and of ICMP errors that quote protected packets.
    private static let unsupportedFlags: Set<SAFlag> = [.wildcardReceive, .icmp]

    private func refused(_ found: String, _ advice: String) -> DatabaseFailure {
        DatabaseFailure(.unsupported, "The ESP engine cannot use SA \(id): \(found); \(advice).")
    }
}
