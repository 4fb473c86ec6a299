import Calendar
package import ControlProtocol
package import Cryptography
package import IPsec
package import KeyMaterial
package import Negotiation

/// Everything a daemon takes from the host, as functions, so that tests can stand in for the host.
package struct DaemonEnvironment: Sendable {
    package var dataPlane: any DataPlane
    package var log: Log
    package var now: @Sendable () -> Instant
    /// Seconds since 1970-01-01T00:00:00Z.
    package var wallSeconds: @Sendable () -> Int64
    package var random: @Sendable () -> any RandomSource
    /// Our address on the way to a peer; a sentence where there is no way.
    package var localAddress: @Sendable (IPAddress) -> Result<IPAddress, RouteFailure>
    package var hostAddresses: HostAddressing
    /// Where it is kept whose which address is.
    package var leases: LeaseStorage
    /// Makes the endpoint of a shard, which has CPIs to itself.
    package var endpoint: @Sendable (NegotiationPolicy, CompressionIndices) -> any NegotiatingEndpoint
    /// prf(key of the peer, data), from the key file of that name.
    package var sharedSecret:
        @Sendable (_ file: String, SharedSecretRequest) -> Result<SecretKey, SharedSecretFailure>
    /// Reads the configuration again; on failure, the errors as they are shown.
    package var loadSettings: @Sendable () -> Result<DaemonSettings, ControlFailure>

    package init(
        dataPlane: any DataPlane, log: Log, now: @escaping @Sendable () -> Instant,
        wallSeconds: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> any RandomSource,
        localAddress: @escaping @Sendable (IPAddress) -> Result<IPAddress, RouteFailure>,
        hostAddresses: HostAddressing, leases: LeaseStorage,
        endpoint: @escaping @Sendable (NegotiationPolicy, CompressionIndices) -> any NegotiatingEndpoint,
        sharedSecret:
            @escaping @Sendable (_ file: String, SharedSecretRequest) -> Result<
                SecretKey, SharedSecretFailure
            >,
        loadSettings: @escaping @Sendable () -> Result<DaemonSettings, ControlFailure>
    ) {
        self.dataPlane = dataPlane
        self.log = log
        self.now = now
        self.wallSeconds = wallSeconds
        self.random = random
        self.localAddress = localAddress
        self.hostAddresses = hostAddresses
        self.leases = leases
        self.endpoint = endpoint
        self.sharedSecret = sharedSecret
        self.loadSettings = loadSettings
    }

    /// Now, on both clocks.
    package var moment: Moment {
        Moment(instant: now(), wall: Timestamp(seconds: wallSeconds()))
    }
}

/// There is no way to a peer; a sentence that says why.
package struct RouteFailure: Error, Hashable, Sendable {
    package var explanation: String

    package init(_ explanation: String) {
        self.explanation = explanation
    }
}
