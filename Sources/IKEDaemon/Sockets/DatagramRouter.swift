package import IPsec

/// Decides by its first octets what a datagram is, and by the peer's address whose it is.
package enum DatagramRouter {
    package enum Verdict: Hashable, Sendable {
        /// An IKE message; as many octets before it are to be taken off.
        case ike(markerSize: Int)
        /// ESP in UDP (RFC 3948 section 2.1), which is not for IKE.
        case encapsulated
        /// A NAT keepalive (RFC 3948 section 2.3): of no further use.
        case keepalive
        /// Too short to be anything.
        case runt
    }

    /// What precedes IKE on the NAT traversal port (RFC 3948 section 2.2): an SPI that ESP never has.
    package static let nonESPMarker: [UInt8] = [0, 0, 0, 0]

    package static func classify(_ datagram: some Collection<UInt8>, purpose: IKESocketPurpose) -> Verdict {
        switch purpose {
        case .ike:
            // A keepalive may still come to port 500 before both sides have floated.
            return datagram.count <= 4 ? .runt : .ike(markerSize: 0)
        case .natTraversal:
            if datagram.count == 1, datagram.first == 0xff { return .keepalive }
            guard datagram.count > nonESPMarker.count else { return .runt }
            let isIKE = datagram.prefix(nonESPMarker.count).elementsEqual(nonESPMarker)
            return isIKE ? .ike(markerSize: nonESPMarker.count) : .encapsulated
        }
    }

    /// The shard all exchanges with a peer run on: FNV-1a of its address, so that it is the same after a restart.
    package static func shard(of peer: IPAddress, among count: Int) -> Int {
        var hash: UInt32 = 2_166_136_261
        for octet in peer.bytes { hash = (hash ^ UInt32(octet)) &* 16_777_619 }
        return Int(hash >> 8) % max(count, 1)
    }
}
