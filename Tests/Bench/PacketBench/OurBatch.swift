import Cryptography
import ESP
import IPsec
import KeyMaterial

/// A batch of packets that our engine seals and opens again, as the plain C program does with its own.
struct OurBatch: ~Copyable {
    static let packets = 32
    static let stride = 1600

    /// Where all packets are, `stride` octets apart.
    typealias Memory = [UInt8]

    private let packet: Range<Int>
    private var outbound: OutboundSA
    private var inbound: InboundSA
    private var sealed = 0..<0

    init(_ transform: SampleTransform, count: Int) throws {
        var random = SystemRandom()
        let outbound = try OutboundSA(transform.association(.outbound), random: &random)
        let inbound = try InboundSA(transform.association(.inbound))
        self.outbound = outbound
        self.inbound = inbound
        packet = PacketRoom.headroom..<PacketRoom.headroom + count
    }

    /// A batch of packets of `count` octets in the clear.
    static func memory(count: Int) -> Memory {
        let octets = SamplePacket.udp(count: count)
        var slot = Array(repeating: UInt8(0), count: PacketRoom.headroom) + octets
        slot += Array(repeating: 0, count: Self.stride - slot.count)
        return (0..<Self.packets).flatMap { _ in slot }
    }

    /// Protects every packet of the batch: policy apart, all that a tunnel does.
    mutating func seal(_ memory: inout Memory) throws {
        var span = memory.mutableSpan
        for index in 0..<Self.packets {
            let start = index * Self.stride
            let result = try outbound.seal(
                &span, packet: start + packet.lowerBound..<start + packet.upperBound)
            sealed = result.packet.lowerBound - start..<result.packet.upperBound - start
        }
    }

    /// Finds, checks and restores every packet of the batch.
    mutating func open(_ memory: inout Memory) throws {
        var span = memory.mutableSpan
        for index in 0..<Self.packets {
            let start = index * Self.stride
            let found = try ESPPacket(
                inIPPacket: start + sealed.lowerBound..<start + sealed.upperBound, of: span.span)
            _ = try inbound.open(&span, found)
        }
    }

    /// The first packet once sealed, without its outer header.
    func firstESP(_ memory: Memory) -> ArraySlice<UInt8> { memory[sealed].dropFirst(20) }
}
