import Algorithms
import AllocationCount
import ControlProtocol

/// What the engine allocates while packets are sealed and opened: nothing.
struct AllocationBench {
    struct Row {
        let transform: SampleTransform
        let packets: Int
        var seal = Count.zero
        var open = Count.zero

        /// libcrypto is not asked: its own allocations are told apart.
        var isFreeOfOurs: Bool { seal.ours == 0 && open.ours == 0 }
    }

    /// Allocations of a whole run.
    struct Count {
        static let zero = Count(ours: 0, libcrypto: 0)
        static var now: Count {
            Count(ours: allocation_count_program(), libcrypto: allocation_count_libcrypto())
        }

        let ours: UInt64
        let libcrypto: UInt64

        static func - (left: Count, right: Count) -> Count {
            Count(ours: left.ours - right.ours, libcrypto: left.libcrypto - right.libcrypto)
        }
    }

    /// One of each construction, besides those whose time is measured.
    private static let transforms =
        ProtectionBench.subjects.map(\.transform) + [
            SampleTransform(encryption: CipherChoice(.aesCTR, keyBits: 128), integrity: .aesXCBC),
            SampleTransform(encryption: CipherChoice(.aesCCM16, keyBits: 128)),
            SampleTransform(encryption: CipherChoice(.aesGMAC, keyBits: 128)),
            SampleTransform(encryption: CipherChoice(.null), integrity: .hmacSHA256),
        ]

    /// Seals and opens a batch of each size once to set everything up, then `rounds` times with an eye on the count.
    static func rows(rounds: Int = 100) throws -> [Row] {
        let before = Count.now
        try withExtendedLifetime(OurBatch.memory(count: 64)) {
            guard Count.now.ours > before.ours else { throw BenchFailure("allocations are not counted") }
        }
        return try transforms.map { transform in
            let sizes = [64, 1400]
            var row = Row(transform: transform, packets: rounds * sizes.count * OurBatch.packets)
            for size in sizes {
                var batch = try OurBatch(transform, count: size)
                var memory = OurBatch.memory(count: size)
                try batch.seal(&memory)
                try batch.open(&memory)
                for _ in 0..<rounds {
                    let start = Count.now
                    try batch.seal(&memory)
                    let sealed = Count.now
                    try batch.open(&memory)
                    let opened = Count.now
                    row.seal.add(sealed - start)
                    row.open.add(opened - sealed)
                }
            }
            return row
        }
    }
}

extension AllocationBench.Count {
    fileprivate mutating func add(_ other: Self) {
        self = Self(ours: ours + other.ours, libcrypto: libcrypto + other.libcrypto)
    }

    fileprivate var text: String { "\(ours) of ours, \(libcrypto) of libcrypto" }

    fileprivate var json: JSONValue {
        .object([.init("ours", .integer(Int64(ours))), .init("libcrypto", .integer(Int64(libcrypto)))])
    }
}

extension AllocationBench.Row {
    var line: String {
        "allocations in \(packets) packets, \(transform.name): seal \(seal.text); open \(open.text)"
            + (isFreeOfOurs ? "" : "  TOO MANY")
    }

    var json: JSONValue {
        .object([
            .init("transform", .string(transform.name)), .init("packets", .integer(Int64(packets))),
            .init("seal", seal.json), .init("open", open.json),
        ])
    }
}
