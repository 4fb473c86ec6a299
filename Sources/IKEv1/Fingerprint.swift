import Algorithms
import Cryptography

/// What a datagram is known by when it comes again.
struct Fingerprint: Hashable {
    private let digest: [UInt8]

    init(of datagram: [UInt8]) {
        digest = Digest.compute(.sha256, datagram)
    }
}
