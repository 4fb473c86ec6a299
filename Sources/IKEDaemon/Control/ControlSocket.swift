package import ControlProtocol
import LinuxIO
package import NIOCore
import NIOPosix
import Synchronization

/// The Unix socket that `swiftikectl` talks to, for its owner alone.
package final class ControlSocket: Sendable {
    /// Carries out a request; the reply may come at any time, on any thread, once.
    package typealias Executor =
        @Sendable (ControlRequest, ControlPeer, @escaping @Sendable (ControlAnswer) -> Void) -> Void

    /// Connections served at a time; the oldest gives way to the next.
    static let maximumConnections = 64

    private let channel: any Channel
    private let path: String

    private init(channel: any Channel, path: String) {
        self.channel = channel
        self.path = path
    }

    /// Listens at `path`, in a directory that is made private if it is not there.
    package static func open(
        path: String, group: any EventLoopGroup, execute: @escaping Executor
    ) throws(StartFailure) -> ControlSocket {
        do {
            try prepare(path)
            let roster = ConnectionRoster(capacity: maximumConnections)
            let channel = try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 128)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        roster.enter(channel)
                        try channel.pipeline.syncOperations.addHandler(ControlConnection(execute: execute))
                    }
                }
                .bind(unixDomainSocketPath: path).wait()
            try FileSystem.setMode(of: path, to: 0o600)
            return ControlSocket(channel: channel, path: path)
        } catch let error as SystemError {
            throw StartFailure(error)
        } catch let error as StartFailure {
            throw error
        } catch {
            throw StartFailure(.unavailable, "control socket \(path): \(error)")
        }
    }

    /// Stops listening and removes the socket's file.
    package func close() {
        try? channel.close().wait()
        try? FileSystem.remove(path)
    }

    /// Makes room for the socket: its directory, and no file of a daemon that has ended.
    private static func prepare(_ path: String) throws {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try FileSystem.makeDirectory(String(path[..<slash]), mode: 0o700)
        }
        guard let facts = try? LocalFile.facts(of: path) else { return }
        guard facts.kind == .socket else {
            throw StartFailure(
                .unavailable, "control socket \(path): there is a file of that name that is no socket")
        }
        if (try? StreamSocket(connectingTo: path)) != nil {
            throw StartFailure(
                .unavailable,
                "control socket \(path): another swiftike answers there; give this one --control PATH")
        }
        try FileSystem.remove(path)
    }
}

/// The connections there are, oldest first.
private final class ConnectionRoster: Sendable {
    private let connections = Mutex<[any Channel]>([])
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    func enter(_ channel: any Channel) {
        let evicted = connections.withLock { connections -> (any Channel)? in
            connections.removeAll { !$0.isActive && $0 !== channel }
            connections.append(channel)
            return connections.count > capacity ? connections.removeFirst() : nil
        }
        evicted?.close(promise: nil)
    }
}
