package import Algorithms
package import IPsec

/// Policies that live as long as a child SA needs them, since no configuration could write them down before.
package struct ProtectedTraffic: Hashable, Sendable {
    /// The tunnel whose traffic it is; nil where `generate_policy` made it.
    package var tunnel: String?
    package var local: [TrafficSelector]
    package var remote: [TrafficSelector]
    package var mode: EncapsulationMode
    /// ESP or AH.
    package var `protocol` = SecurityProtocol.esp
    /// How its packets are compressed first, as both sides have agreed; nil for not at all.
    package var compression: CompressionAlgorithm?
    package var requestID: UInt32
    package var localAddress: IPAddress
    package var remoteAddress: IPAddress
    /// Whose end of it is an address that one side gave the other.
    package var assigned: AssignedSide?
    /// The network device that it goes through in clear; nil for the data plane's own.
    package var device: String?

    package init(
        tunnel: String?, local: [TrafficSelector], remote: [TrafficSelector], mode: EncapsulationMode,
        requestID: UInt32, localAddress: IPAddress, remoteAddress: IPAddress, device: String? = nil
    ) {
        self.tunnel = tunnel
        self.local = local
        self.remote = remote
        self.mode = mode
        self.requestID = requestID
        self.localAddress = localAddress
        self.remoteAddress = remoteAddress
        self.device = device
    }
}
