package import IPsec

/// How datagrams leave: functions, so that a shard needs no socket to be tested.
package struct DatagramTransmission: Sendable {
    /// Sends an IKE message; the non-ESP marker is added where the path needs one.
    ///
    /// Never waits.
    package var sendMessage: @Sendable (_ message: [UInt8], _ path: Path) -> Void
    /// Sends a NAT keepalive.
    package var sendKeepalive: @Sendable (_ path: Path) -> Void

    package init(
        sendMessage: @escaping @Sendable (_ message: [UInt8], _ path: Path) -> Void,
        sendKeepalive: @escaping @Sendable (_ path: Path) -> Void
    ) {
        self.sendMessage = sendMessage
        self.sendKeepalive = sendKeepalive
    }
}
