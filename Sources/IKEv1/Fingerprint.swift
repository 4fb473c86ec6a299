import Algorithms
import Cryptography

/// What a datagram is known by when it comes again: the front half of a digest, as each SA keeps some.
struct Fingerprint: Hashable {
    private let high: UInt64
    private let low: UInt64

    init(of datagram: [UInt8]) {
        let digest = Digest.compute(.sha256, datagram)
        high = digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = digest[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
