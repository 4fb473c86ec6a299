package import Algorithms
import Cryptography
package import IPsec
import Wire

/// Whether addresses or ports are translated between two peers (RFC 3947 section 3.2, RFC 7296 section 2.23).
package struct NATDetection: Hashable, Sendable {
    /// The port both sides move to when a NAT is between them.
    package static let port: UInt16 = 4500

    package var isLocalBehindNAT: Bool
    package var isRemoteBehindNAT: Bool

    package static let none = NATDetection(isLocalBehindNAT: false, isRemoteBehindNAT: false)

    package init(isLocalBehindNAT: Bool, isRemoteBehindNAT: Bool) {
        self.isLocalBehindNAT = isLocalBehindNAT
        self.isRemoteBehindNAT = isRemoteBehindNAT
    }

    /// Compares what the peer saw with what we see.
    ///
    /// - Parameters:
    ///   - destination: the peer's hash of where it sends to.
    ///   - sources: its hashes of where it may send from.
    ///   - local: the hash of our own endpoint.
    ///   - remote: the hash of where the peer's datagrams come from.
    package init(destination: [UInt8], sources: [[UInt8]], local: [UInt8], remote: [UInt8]) {
        isLocalBehindNAT = destination != local
        isRemoteBehindNAT = !sources.contains(remote)
    }

    package var isDetected: Bool { isLocalBehindNAT || isRemoteBehindNAT }

    /// HASH(initiator SPI | responder SPI | address | port), the content of a NAT-D payload.
    package static func hash(
        _ function: HashFunction, initiatorSPI: UInt64, responderSPI: UInt64, endpoint: Endpoint
    ) -> [UInt8] {
        let address = endpoint.address.bytes
        var writer = ByteWriter(capacity: 18 + address.count)
        writer.put(initiatorSPI)
        writer.put(responderSPI)
        writer.put(address)
        writer.put(endpoint.port)
        return Digest.compute(function, writer.bytes)
    }
}
