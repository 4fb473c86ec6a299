import CLinux
import Glibc

/// One end of a Unix connection that keeps the bounds of messages (SOCK_SEQPACKET).
package struct PacketSocket: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Connects to the socket at `path`.
    package init(connectingTo path: String) throws(SystemError) {
        descriptor = try UnixSocketFile.connect(to: path, SOCK_SEQPACKET)
    }

    /// The number, for `poll`; it stays this socket's.
    package var number: Int32 { descriptor.number }

    /// What became of a message that was to be sent.
    package enum Sending: Hashable, Sendable {
        case sent
        /// The other side does not read as fast as we write; nothing was sent.
        case full
    }

    /// Sends a message without waiting.
    ///
    /// - Throws: `EPIPE` when the other side has closed, `EMSGSIZE` for a message longer than the send buffer.
    package borrowing func send(_ message: [UInt8]) throws(SystemError) -> Sending {
        let number = descriptor.number
        do throws(SystemError) {
            _ = try SystemError.retrying("send") {
                unsafe message.withUnsafeBytes { bytes in
                    unsafe Glibc.send(
                        number, bytes.baseAddress, bytes.count,
                        Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                }
            }
            return .sent
        } catch {
            guard error.code == EAGAIN else { throw error }
            return .full
        }
    }

    /// What a look for a message found.
    package enum Receiving: Hashable, Sendable {
        case message([UInt8])
        /// One that is longer than was allowed for; it is gone.
        case tooLong
        case nothing
        /// The other side has closed.
        case end
    }

    /// Sends a message as whole as it can be without waiting, and says nothing of what became of it.
    package static func offer(_ message: [UInt8], to descriptor: borrowing FileDescriptor) {
        let number = descriptor.number
        unsafe message.withUnsafeBytes { bytes in
            _ = unsafe Glibc.send(
                number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
    }

    /// Makes room for `size` octets of messages that the other side has not read, past the system's limit where we
    /// may.
    package borrowing func setSendSpace(_ size: Int32) {
        if linuxio_set_option(descriptor.number, SOL_SOCKET, SO_SNDBUFFORCE, size) != 0 {
            _ = linuxio_set_option(descriptor.number, SOL_SOCKET, SO_SNDBUF, size)
        }
    }

    /// The user that the other side had when it connected.
    package borrowing func peerUser() throws(SystemError) -> UInt32 {
        var user: UInt32 = 0
        var process: Int32 = 0
        _ = try SystemError.check(
            unsafe linuxio_unix_peer(descriptor.number, &user, &process), "getsockopt SO_PEERCRED")
        return user
    }

    /// Takes a message of at most `maximum` octets as `receive` does, and the descriptors that came with it.
    ///
    /// Only as much room is taken as the message needs.
    package borrowing func receiveWhole(
        maximum: Int, _ rights: ReceivedDescriptors
    ) throws(SystemError) -> Receiving {
        let next = recv(descriptor.number, nil, 0, Int32(MSG_DONTWAIT | MSG_TRUNC | MSG_PEEK))
        guard next > 0 else {
            return try Self.absence(next == 0 ? 0 : -errno)
        }
        var message = [UInt8](repeating: 0, count: min(next, maximum))
        var numbers = [Int32](repeating: -1, count: ReceivedDescriptors.limit)
        var found: UInt32 = 0
        let count = unsafe linuxio_receive_rights(
            descriptor.number, &message, message.count, &numbers, UInt32(numbers.count), &found)
        rights.add(numbers.prefix(Int(found)))
        guard count > 0 else { return try Self.absence(Int32(truncatingIfNeeded: count)) }
        return count <= message.count ? .message(message) : .tooLong
    }

    /// What it means that there is no message: the end, or -errno.
    private static func absence(_ result: Int32) throws(SystemError) -> Receiving {
        switch result {
        case 0, -ECONNRESET: return .end
        case -EAGAIN, -EINTR: return .nothing
        default: throw SystemError("recv", code: -result)
        }
    }

    /// Takes a message of at most `maximum` octets without waiting; an empty one counts as the end.
    package borrowing func receive(maximum: Int) throws(SystemError) -> Receiving {
        var message = [UInt8](repeating: 0, count: maximum)
        let number = descriptor.number
        do throws(SystemError) {
            let count = try SystemError.retrying("recv") {
                unsafe message.withUnsafeMutableBytes {
                    unsafe recv(
                        number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_TRUNC))
                }
            }
            guard count > 0 else { return .end }
            guard count <= maximum else { return .tooLong }
            message.removeLast(maximum - count)
            return .message(message)
        } catch {
            switch error.code {
            case EAGAIN: return .nothing
            case ECONNRESET: return .end
            default: throw error
            }
        }
    }
}

/// A Unix socket that accepts connections which keep the bounds of messages; its file goes with it.
package struct PacketListener: ~Copyable, Sendable {
    private let file: UnixSocketFile

    /// Listens at `path`, replacing a socket that nobody listens on any more.
    ///
    /// - Parameter mode: permission bits of the socket's file.
    /// - Throws: `EADDRINUSE` when somebody does listen there.
    package init(path: String, mode: UInt32 = 0o600) throws(SystemError) {
        file = try UnixSocketFile(path: path, mode: mode, type: SOCK_SEQPACKET)
    }

    /// The number, for `poll`; it stays this listener's.
    package var number: Int32 { file.number }

    /// Waits for the next connection.
    package borrowing func accept() throws(SystemError) -> PacketSocket {
        PacketSocket(try file.accept())
    }
}
