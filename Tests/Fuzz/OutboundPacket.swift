// with: Tests/Fuzz/Shared/PacketSamples.swift
// links: z
// seeds: esp-seeds
// max_len: 700
import Algorithms
import Cryptography
import ESP
import IPsec
import KeyMaterial

/// Both ends of an SA, keyed once for all runs.
private final class ESPEnds {
    let association: SecurityAssociation
    private var outbound: OutboundSA
    private var inbound: InboundSA

    init(_ association: SecurityAssociation) throws {
        self.association = association
        var random = ConstantRandom()
        outbound = try OutboundSA(association, random: &random)
        inbound = try InboundSA(association)
    }

    /// Seals a packet and opens it again; nil if it cannot be sealed.
    func pass(_ packet: [UInt8]) -> Result<[UInt8], DropReason>? {
        let start = PacketRoom.headroom
        let tailroom = PacketRoom.tailroom(for: association)
        var buffer = [UInt8](repeating: 0xee, count: start) + packet
        buffer += [UInt8](repeating: 0xee, count: tailroom)
        var span = buffer.mutableSpan
        guard let sealed = try? outbound.seal(&span, packet: start..<start + packet.count) else { return nil }
        requireOwnHeader(sealed.packet, buffer)
        do throws(DropReason) {
            let found = try ESPPacket(inIPPacket: sealed.packet, of: buffer.span)
            precondition(found.range == sealed.esp)
            var span = buffer.mutableSpan
            let opened = try inbound.open(&span, found)
            requireWhole(opened, in: buffer)
            return .success(Array(buffer[opened.packet]))
        } catch {
            return .failure(error)
        }
    }
}

private final class AHEnds {
    let association: SecurityAssociation
    private var outbound: OutboundAHSA
    private var inbound: InboundAHSA

    init(_ association: SecurityAssociation) throws {
        self.association = association
        var random = ConstantRandom()
        outbound = try OutboundAHSA(association, random: &random)
        inbound = try InboundAHSA(association)
    }

    func pass(_ packet: [UInt8]) -> Result<[UInt8], DropReason>? {
        let start = OutboundAHSA.headroom
        var buffer = [UInt8](repeating: 0xee, count: start) + packet
        var span = buffer.mutableSpan
        guard let sealed = try? outbound.seal(&span, packet: start..<start + packet.count) else { return nil }
        requireOwnHeader(sealed.packet, buffer)
        do throws(DropReason) {
            let found = try AHPacket(inIPPacket: sealed.packet, of: buffer.span)
            var span = buffer.mutableSpan
            let opened = try inbound.open(&span, found)
            requireWhole(opened, in: buffer)
            return .success(Array(buffer[opened.packet]))
        } catch {
            return .failure(error)
        }
    }
}

private final class CompressionEnds {
    let association: SecurityAssociation
    private var outbound: OutboundIPCompSA
    private var inbound: InboundIPCompSA

    init(_ association: SecurityAssociation) throws {
        self.association = association
        var random = ConstantRandom()
        outbound = try OutboundIPCompSA(association, random: &random)
        inbound = try InboundIPCompSA(association)
    }

    func pass(_ packet: [UInt8]) -> Result<[UInt8], DropReason>? {
        let start = OutboundIPCompSA.headroom
        var buffer = [UInt8](repeating: 0xee, count: start) + packet
        buffer += [UInt8](repeating: 0xee, count: packet.count)
        var span = buffer.mutableSpan
        guard let sealed = try? outbound.seal(&span, packet: start..<start + packet.count) else { return nil }
        requireOwnHeader(sealed.packet, buffer)
        do throws(DropReason) {
            return .success(try open(&buffer, sealed.packet))
        } catch {
            return .failure(error)
        }
    }

    /// Opens what was compressed, and what was not worth it.
    private func open(_ buffer: inout [UInt8], _ packet: Range<Int>) throws(DropReason) -> [UInt8] {
        let found = try? IPCompPacket(inIPPacket: packet, of: buffer.span)
        guard found != nil || association.mode == .tunnel else { return Array(buffer[packet]) }
        var span = buffer.mutableSpan
        let opened: OpenedPacket
        if let found {
            opened = try inbound.open(&span, found)
        } else {
            opened = try inbound.openUncompressed(&span, inIPPacket: packet)
        }
        requireWhole(opened, in: buffer)
        return Array(buffer[opened.packet])
    }
}

private func requireOwnHeader(_ packet: Range<Int>, _ buffer: [UInt8]) {
    guard let header = try? IPHeader(buffer.span.extracting(packet)) else {
        preconditionFailure("a sealed packet without a header")
    }
    precondition(header.totalCount == packet.count, "a sealed packet of another length")
}

/// What must come out where the packet that went in is known.
private struct Expectation {
    let packet: [UInt8]
    let association: SecurityAssociation
    private let header: IPHeader

    init?(_ bytes: [UInt8], _ association: SecurityAssociation) {
        guard let header = try? IPHeader(bytes.span) else { return nil }
        self.header = header
        self.association = association
        packet = Array(bytes.prefix(header.totalCount))
    }

    func check(_ result: Result<[UInt8], DropReason>) {
        // IPComp that was there before is not packed again, and what it says is another's.
        if association.id.protocol == .ipcomp, association.mode == .transport, carries(108) { return }
        switch result {
        case .success(let opened): precondition(normal(opened) == normal(packet), "another packet came out")
        case .failure(let reason): precondition(isExcused(reason), "refused: \(reason)")
        }
    }

    /// A receiver looks deeper than a sender, and takes some protocol numbers for its own.
    private func isExcused(_ reason: DropReason) -> Bool {
        switch reason {
        case .badInnerPacket: return (try? PacketFlow(packet.span)) == nil
        case .dummy: return association.mode != .tunnel && carries(59)
        default: return false
        }
    }

    private func carries(_ number: UInt8) -> Bool {
        let seen = (try? IPHeader(packet.span, destinationOptions: .header)) ?? header
        return header.nextProtocol == number || seen.nextProtocol == number
            || (header.family == .ipv6 && packet[6] == number)
    }

    /// Without what a router or a NAT may change, or what the mode cannot carry.
    private func normal(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        guard association.mode != .tunnel, bytes.count >= 20 else { return bytes }
        if header.family == .ipv4 { (bytes[10], bytes[11]) = (0, 0) }
        if association.mode == .beet {
            if header.family == .ipv4 {
                bytes[4...5] = [0, 0]
                // IPv6 has no DF to carry this in.
                bytes[6] &= association.source.family == .ipv4 ? 0x40 : 0
            } else {
                (bytes[1], bytes[2], bytes[3]) = (bytes[1] & 0xf0, 0, 0)
            }
        }
        if association.mode == .transport, association.encapsulation != nil {
            // The checksum of TCP or UDP is made anew.
            let field = header.nextProtocol == 6 ? 16 : 6
            let start = header.headerCount + field
            if header.nextProtocol == 6 || header.nextProtocol == 17, start + 2 <= bytes.count {
                (bytes[start], bytes[start + 1]) = (0, 0)
            }
        }
        return bytes
    }
}

private struct Ends {
    let esp: [ESPEnds]
    let ah: [AHEnds]
    let compression: [CompressionEnds]

    init() throws {
        esp = try PacketSamples.esp.map { try ESPEnds($0) }
        ah = try PacketSamples.ah.map { try AHEnds($0) }
        compression = try PacketSamples.compression.map { try CompressionEnds($0) }
    }
}

// why: libFuzzer calls from one thread.
nonisolated(unsafe) private let ends: Ends = {
    do { return try Ends() } catch { preconditionFailure("the engine refuses its own sample: \(error)") }
}()

/// The packet between the addresses that a BEET SA is for.
private func readdressed(_ bytes: [UInt8], _ association: SecurityAssociation) -> [UInt8] {
    guard association.mode == .beet, let selector = association.selector, bytes.count >= 40 else {
        return bytes
    }
    let (start, version): (Int, UInt8) = selector.family == .ipv4 ? (12, 0x40) : (8, 0x60)
    var bytes = bytes
    bytes[0] = version | bytes[0] & 0x0f
    let addresses = selector.source.address.bytes + selector.destination.address.bytes
    bytes.replaceSubrange(start..<start + addresses.count, with: addresses)
    return bytes
}

/// Packets from the host: none may trap, and what is sealed opens as what it was.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let choice = Int(bytes.last ?? 0)
    if choice < 200 {
        let pair = ends.esp[choice % ends.esp.count]
        let packet = readdressed(bytes, pair.association)
        guard let result = pair.pass(packet) else { return 0 }
        Expectation(packet, pair.association)?.check(result)
    } else if choice < 230 {
        let pair = ends.compression[choice % ends.compression.count]
        guard let result = pair.pass(bytes) else { return 0 }
        Expectation(bytes, pair.association)?.check(result)
    } else {
        let pair = ends.ah[choice % ends.ah.count]
        guard let result = pair.pass(bytes) else { return 0 }
        Expectation(bytes, pair.association)?.check(result)
    }
    return 0
}
