package import Algorithms
import Cryptography
import Wire

/// The initialization vectors of an ISAKMP SA: each message of an exchange starts where the one before it
/// ended, and each exchange of phase 2 starts from where phase 1 ended (RFC 2409 appendix B).
package struct InitializationVectorChain: Hashable, Sendable {
    private let hash: HashFunction
    /// The IV of the next phase 1 message; the last block of phase 1 once that is over.
    package private(set) var phase1: [UInt8]

    /// - Parameter blockSize: octets in a block of the cipher, never more than a digest has.
    package init(
        hash: HashFunction, blockSize: Int, initiatorPublicValue: [UInt8], responderPublicValue: [UInt8]
    ) {
        self.hash = hash
        phase1 = Array(Digest.compute(hash, initiatorPublicValue + responderPublicValue).prefix(blockSize))
    }

    /// Moves on after a phase 1 message that was sent, or received and found to be good.
    ///
    /// - Parameter next: what sealing or opening the message gave as `nextIV`.
    package mutating func advancePhase1(to next: [UInt8]) {
        phase1 = next
    }

    /// The first IV of the phase 2 or informational exchange with this message ID.
    ///
    /// Later messages of the exchange use the `nextIV` of the message before.
    package func phase2(messageID: UInt32) -> [UInt8] {
        var writer = ByteWriter(capacity: phase1.count + 4)
        writer.put(phase1)
        writer.put(messageID)
        return Array(Digest.compute(hash, writer.bytes).prefix(phase1.count))
    }
}
