import NIOCore

/// What SO_PEERCRED says of a Unix socket's other end (unix(7)): a struct of three numbers.
struct PeerCredentials: Sendable {
    var process: Int32
    var user: UInt32
    var group: UInt32

    /// Fails where the channel is no Unix socket.
    static func read(of channel: any Channel) -> EventLoopFuture<ControlPeer> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: peerCredentials))
        return credentials.map { ControlPeer(process: $0.process, user: $0.user) }
    }

    /// SO_PEERCRED of Linux.
    private static let peerCredentials: CInt = 17
}
