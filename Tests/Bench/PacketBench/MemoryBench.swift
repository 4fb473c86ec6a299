import Algorithms
import ControlProtocol
import Cryptography
import ESP
import IPsec
import LinuxIO

/// What one pair of SAs, inbound and outbound, takes of memory.
struct MemoryBench {
    struct Row {
        let transform: SampleTransform
        let pairs: Int
        /// Resident octets per pair.
        let octets: Int

        var line: String { "memory, \(transform.name): \(octets) octets per SA pair (of \(pairs))" }

        var json: JSONValue {
            .object([
                .init("transform", .string(transform.name)), .init("pairs", .integer(Int64(pairs))),
                .init("octetsPerPair", .integer(Int64(octets))),
            ])
        }
    }

    /// A box, for arrays do not hold what cannot be copied.
    private final class Pair {
        private let outbound: OutboundSA
        private let inbound: InboundSA

        init(_ transform: SampleTransform, _ number: UInt32, _ random: inout SystemRandom) throws {
            let outbound = try OutboundSA(transform.association(.outbound, spi: number), random: &random)
            let inbound = try InboundSA(transform.association(.inbound, spi: number))
            self.outbound = outbound
            self.inbound = inbound
        }
    }

    /// Pairs of each transform in turn, all of them kept: what one gave back would not count for the next.
    static func rows(_ transforms: [SampleTransform], pairs: Int) throws -> [Row] {
        var random = SystemRandom()
        var kept: [Pair] = []
        kept.reserveCapacity((pairs + 1) * transforms.count)
        let rows = try transforms.map { transform in
            kept.append(try Pair(transform, 255, &random))
            let before = try resident()
            for number in 0..<UInt32(pairs) { kept.append(try Pair(transform, 256 + number, &random)) }
            return Row(transform: transform, pairs: pairs, octets: (try resident() - before) / pairs)
        }
        return withExtendedLifetime(kept) { rows }
    }

    private static func resident() throws -> Int {
        let fields = try LocalFile.read("/proc/self/statm").text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { throw BenchFailure("no /proc/self/statm") }
        return pages * 4096
    }
}
