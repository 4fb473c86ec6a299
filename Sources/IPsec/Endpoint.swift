/// A UDP endpoint: an address, a port, and the interface for a link-local address.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    package var address: IPAddress
    /// UDP port, host byte order.
    package var port: UInt16
    /// The interface index of a link-local address; 0 elsewhere.
    package var scope: UInt32

    package init(_ address: IPAddress, port: UInt16, scope: UInt32 = 0) {
        self.address = address
        self.port = port
        self.scope = scope
    }

    /// `192.0.2.1[500]`, as racoon writes it.
    package var description: String { "\(address)[\(port)]" }
}

/// Both ends of a datagram, from our side.
package struct Path: Hashable, Sendable, CustomStringConvertible {
    package var local: Endpoint
    package var remote: Endpoint

    package init(local: Endpoint, remote: Endpoint) {
        self.local = local
        self.remote = remote
    }

    package var description: String { "\(local)-\(remote)" }
}
