// with: Tests/Fuzz/Shared/PacketSamples.swift
// links: z
// seeds: esp-seeds
// max_len: 700
import Algorithms
import Cryptography
import ESP
import IPsec
import KeyMaterial

/// An ESP SA, and what a peer with its keys can do; keyed once for all runs, as keying takes longer than a packet.
private final class InboundESP {
    private let association: SecurityAssociation
    private var engine: InboundSA
    private var peer: PacketProtection
    private let blockSize: Int

    init(_ association: SecurityAssociation) throws {
        self.association = association
        let transform = association.transform
        blockSize = transform.encryption.algorithm.blockSize
        var random = ConstantRandom()
        engine = try InboundSA(association)
        peer = try PacketProtection(
            transform.encryption, encryptionKey: transform.encryptionKey, integrity: transform.integrity,
            integrityKey: transform.integrityKey, use: .sealing, ivSeed: random.secret(count: 16))
    }

    /// Octets from the network as they are, then as a peer would send them who means them as the plaintext.
    func open(_ buffer: [UInt8], _ packet: ESPPacket) throws(DropReason) {
        // Every run begins with the numbers where the last one did.
        if association.usesExtendedSequenceNumbers, let fresh = try? InboundSA(association) { engine = fresh }
        var altered = buffer
        do throws(DropReason) {
            var span = altered.mutableSpan
            let opened = try engine.open(&span, packet)
            requireWhole(opened, in: altered)
        } catch {}
        altered = buffer
        let bodyCount =
            packet.range.count - PacketProtection.headerSize - peer.ivSize - peer.icvSize
        guard bodyCount >= 2, bodyCount.isMultiple(of: blockSize) else { return }
        let high: UInt32? = association.usesExtendedSequenceNumbers ? expectedHigh(packet.sequence) : nil
        var span = altered.mutableSpan
        peer.seal(
            &span,
            PacketLayout(start: packet.range.lowerBound, bodyCount: bodyCount, sequenceHigh: high),
            counter: 9)
        do throws(DropReason) {
            let opened = try engine.open(&span, packet)
            requireWhole(opened, in: altered)
        } catch {
            precondition(error != .integrityFailed, "a genuine packet refused")
        }
    }

    private func expectedHigh(_ low: UInt32) -> UInt32 {
        var replay = association.replay
        replay.inboundSequence = engine.highestSequence
        return UInt32(truncatingIfNeeded: ReplayWindow(replay).sequence(low) >> 32)
    }
}

private final class InboundAH {
    private let association: SecurityAssociation
    private var engine: InboundAHSA
    private var peer: AHResealing

    init(_ association: SecurityAssociation) throws {
        self.association = association
        engine = try InboundAHSA(association)
        peer = try AHResealing(association)
    }

    func open(_ buffer: [UInt8], _ packet: AHPacket) throws(DropReason) {
        if association.usesExtendedSequenceNumbers, let fresh = try? InboundAHSA(association) {
            engine = fresh
        }
        var altered = buffer
        do throws(DropReason) {
            var span = altered.mutableSpan
            requireWhole(try engine.open(&span, packet), in: altered)
        } catch {}
        altered = buffer
        var replay = association.replay
        replay.inboundSequence = engine.highestSequence
        let sequence = ReplayWindow(replay).sequence(packet.sequence)
        var span = altered.mutableSpan
        try peer.reseal(&span, packet, sequence: sequence)
        do throws(DropReason) {
            let opened = try engine.open(&span, packet)
            requireWhole(opened, in: altered)
        } catch {
            precondition(error != .integrityFailed, "a genuine packet refused")
        }
    }
}

private final class InboundCompression {
    private var engine: InboundIPCompSA
    /// Octets behind a packet that it may grow into.
    static let room = 8192

    init(_ association: SecurityAssociation) throws { engine = try InboundIPCompSA(association) }

    func open(_ buffer: [UInt8], _ packet: IPCompPacket) throws(DropReason) {
        var altered = buffer + [UInt8](repeating: 0, count: Self.room)
        var span = altered.mutableSpan
        let opened = try engine.open(&span, packet)
        requireWhole(opened, in: altered)
    }

    func openUncompressed(_ buffer: [UInt8], _ packet: Range<Int>) throws(DropReason) {
        var altered = buffer
        var span = altered.mutableSpan
        let opened = try engine.openUncompressed(&span, inIPPacket: packet)
        requireWhole(opened, in: altered)
    }
}

private struct Engines {
    let esp: [InboundESP]
    let ah: [InboundAH]
    let compression: [InboundCompression]

    init() throws {
        esp = try PacketSamples.esp.map { try InboundESP($0) }
        ah = try PacketSamples.ah.map { try InboundAH($0) }
        compression = try PacketSamples.compression.map { try InboundCompression($0) }
    }
}

// why: libFuzzer calls from one thread.
nonisolated(unsafe) private let engines: Engines = {
    do { return try Engines() } catch { preconditionFailure("the engine refuses its own sample: \(error)") }
}()

private func receive(_ bytes: [UInt8], choice: Int) throws(DropReason) {
    let room = PacketRoom.inboundHeadroom
    let buffer = [UInt8](repeating: 0, count: room) + bytes
    if let packet = try? AHPacket(inIPPacket: room..<buffer.count, of: buffer.span) {
        try engines.ah[choice % engines.ah.count].open(buffer, packet)
        return
    }
    let decompression = engines.compression[choice % engines.compression.count]
    if let packet = try? IPCompPacket(inIPPacket: room..<buffer.count, of: buffer.span) {
        return try decompression.open(buffer, packet)
    }
    try? decompression.openUncompressed(buffer, room..<buffer.count)
    let engine = engines.esp[choice % engines.esp.count]
    if let packet = try? ESPPacket(inIPPacket: room..<buffer.count, of: buffer.span) {
        try engine.open(buffer, packet)
    }
    let family: AddressFamily = choice.isMultiple(of: 2) ? .ipv4 : .ipv6
    let outer = ESPPacket.Outer(
        source: PacketSamples.address(family, 1), destination: PacketSamples.address(family, 2),
        trafficClass: UInt8(truncatingIfNeeded: choice))
    try engine.open(buffer, try ESPPacket(payload: room..<buffer.count, of: buffer.span, outer: outer))
}

/// Packets from the network, and whatever a peer with the right keys can put into them: none may trap, and what is
/// opened is a whole IP packet.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    // The last octet is the ICV's, which is written anew.
    try? receive(bytes, choice: Int(bytes.last ?? 0))
    _ = try? PacketFlow(bytes.span)
    return 0
}
