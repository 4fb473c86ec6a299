import Algorithms
import ControlProtocol
import PlainESP

/// The engine against the plain C program, packet for packet, in one run.
struct ProtectionBench {
    /// What is measured, and how fast the engine has to be there.
    struct Row {
        let transform: SampleTransform
        let size: Int
        let operation: String
        /// Least time of the C program divided by ours, in thousandths; nil where nothing is asked.
        let threshold: Int64?
        var ours = Series()
        var plain = Series()
        private var ratios: [Int64] = []

        init(_ transform: SampleTransform, size: Int, operation: String, threshold: Int64) {
            (self.transform, self.size, self.operation) = (transform, size, operation)
            self.threshold = threshold
        }

        mutating func add(ours: UInt64, plain: UInt64, operations: Int) {
            self.ours.add(nanoseconds: ours, operations: operations)
            self.plain.add(nanoseconds: plain, operations: operations)
            ratios.append(Int64(plain) * 1000 / Int64(max(ours, 1)))
        }

        /// The median over the runs of what the C program took, in thousandths of what we took.
        var ratio: Int64 { ratios.sorted()[ratios.count / 2] }
        var isFastEnough: Bool { threshold.map { ratio >= $0 } ?? true }
    }

    /// One transform at one size, and the plain C program's number for it.
    struct Subject {
        let transform: SampleTransform
        let plain: plain_esp_transform
    }

    static let subjects = [
        Subject(
            transform: SampleTransform(encryption: CipherChoice(.aesGCM16, keyBits: 128)),
            plain: PLAIN_ESP_AES_GCM),
        Subject(
            transform: SampleTransform(encryption: CipherChoice(.chaCha20Poly1305)),
            plain: PLAIN_ESP_CHACHA20_POLY1305),
        Subject(
            transform: SampleTransform(
                encryption: CipherChoice(.aesCBC, keyBits: 128), integrity: .hmacSHA256),
            plain: PLAIN_ESP_AES_CBC_HMAC_SHA256),
    ]

    let runs: Int
    /// What the name of a transform and the size have to hold, as in `aes-gcm-16-128/64`.
    let wanted: String

    /// Measures everything; about a second for each transform and size.
    func rows() throws -> [Row] {
        try Self.subjects.flatMap { subject in
            try [(1400, 950), (64, 900)].flatMap { size, threshold -> [Row] in
                guard wanted.isEmpty || "\(subject.transform.name)/\(size)/".contains(wanted) else {
                    return []
                }
                return try rows(subject, size, threshold: Int64(threshold))
            }
        }
    }

    private func rows(_ subject: Subject, _ size: Int, threshold: Int64) throws -> [Row] {
        var batch = try OurBatch(subject.transform, count: size)
        var memory = OurBatch.memory(count: size)
        try prepare(subject, &batch, &memory)
        var sealing = Row(subject.transform, size: size, operation: "seal", threshold: threshold)
        var opening = Row(subject.transform, size: size, operation: "open", threshold: threshold)
        let rounds = size > 1000 ? 2000 : 6000
        for run in 0...runs {
            var (seal, open) = (Pair(), Pair())
            for _ in 0..<rounds {
                seal.ours += try timed { try batch.seal(&memory) }
                seal.plain += try timed { try Self.require(plain_esp_seal()) }
                open.ours += try timed { try batch.open(&memory) }
                open.plain += try timed { try Self.require(plain_esp_open()) }
            }
            // The first one warms up.
            guard run > 0 else { continue }
            sealing.add(ours: seal.ours, plain: seal.plain, operations: rounds * OurBatch.packets)
            opening.add(ours: open.ours, plain: open.plain, operations: rounds * OurBatch.packets)
        }
        return [sealing, opening]
    }

    private struct Pair {
        var ours: UInt64 = 0
        var plain: UInt64 = 0
    }

    private func timed(_ work: () throws -> Void) rethrows -> UInt64 {
        let start = plain_thread_nanoseconds()
        try work()
        return plain_thread_nanoseconds() - start
    }

    /// Gives the C program as much to encrypt as ESP makes of the packet, and makes sure that both do the same: it opens
    /// what we sealed.
    private func prepare(
        _ subject: Subject, _ batch: inout OurBatch, _ memory: inout OurBatch.Memory
    ) throws {
        try batch.seal(&memory)
        let esp = Array(batch.firstESP(memory))
        let isChained = subject.plain == PLAIN_ESP_AES_CBC_HMAC_SHA256
        let body = esp.count - 8 - (isChained ? 16 : 8) - 16
        guard plain_esp_begin(subject.plain, OurBatch.packets, OurBatch.stride, body) == 1 else {
            throw BenchFailure("libcrypto does not offer \(subject.transform.name)")
        }
        for (offset, octet) in esp.enumerated() { plain_esp_put(0, offset, octet) }
        guard plain_esp_open_one(0) == 1 else {
            throw BenchFailure("the C program cannot open what was sealed by \(subject.transform.name)")
        }
        try batch.open(&memory)
    }

    private static func require(_ count: Int) throws {
        guard count == OurBatch.packets else { throw BenchFailure("the C program failed") }
    }
}

/// Why nothing could be measured.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
