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
