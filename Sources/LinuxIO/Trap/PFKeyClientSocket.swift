import CLinux
import CPFKeyClient
import Glibc

/// The client's end of a PF_KEY socket that a server keeps, as the preload library makes it.
package enum PFKeyClientSocket {
    /// Where the server listens if nobody says otherwise.
    package static let defaultServer = PFKEY_CLIENT_SOCKET

    /// How the server truncates HMAC-SHA2-256; the raw values are those of the hello.
    package enum Truncation: UInt32, Hashable, Sendable {
        case bits96 = 1
        case bits128 = 2
    }

    /// Whether the kernel has PF_KEY of its own, whoever may use it.
    package static var isInKernel: Bool {
        let number = linuxio_socket(AF_KEY, Int32(SOCK_RAW.rawValue), protocolVersion2)
        if number >= 0 { close(number) }
        return number != -EAFNOSUPPORT
    }

    /// PF_KEY_V2.
    private static let protocolVersion2: Int32 = 2

    /// Opens one, with the type and protocol that a program asks for.
    package static func open(
        _ server: String, _ truncation: Truncation?, type: Int32, protocolNumber: Int32
    ) throws(SystemError) -> FileDescriptor {
        let number = unsafe pfkey_client_open(server, truncation?.rawValue ?? 0, type, protocolNumber)
        return FileDescriptor(owning: try SystemError.check(number, "socket"))
    }

    /// Whether a descriptor is one.
    package static func isOne(_ descriptor: borrowing FileDescriptor) -> Bool {
        pfkey_client_is_socket(descriptor.number) != 0
    }

    /// Begins to send a message; on the descriptor that is returned comes the verdict, once there is one.
    package static func begin(
        _ descriptor: borrowing FileDescriptor, _ message: [UInt8], flags: Int32
    ) throws(SystemError) -> FileDescriptor {
        var verdict: Int32 = -1
        let number = descriptor.number
        var message = message
        let sent = unsafe message.withUnsafeMutableBytes { bytes in
            var piece = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
            return unsafe pfkey_client_begin(number, &piece, 1, flags, &verdict)
        }
        guard sent >= 0 else { throw SystemError("send", code: Int32(-sent)) }
        return FileDescriptor(owning: verdict)
    }

    /// Takes the verdict: 0, or an error number negated.
    package static func verdict(_ descriptor: consuming FileDescriptor) -> Int32 {
        pfkey_client_verdict(descriptor.release())
    }

    /// A socket policy of PF_KEY's form in XFRM's; nil where af_key would refuse it, with the error number.
    package static func policy(level: Int32, _ value: [UInt8]) throws(SystemError) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: Int(PFKEY_CLIENT_POLICY_ROOM))
        let count = unsafe pfkey_client_policy(level, value, value.count, &out)
        guard count >= 0 else { throw SystemError("setsockopt", code: Int32(-count)) }
        return Array(out.prefix(count))
    }

    /// Sets a socket policy of PF_KEY's form on a socket; 0, or an error number negated.
    ///
    /// The kernel's own way comes first, as with sockets.
    package static func setPolicy(
        _ descriptor: borrowing FileDescriptor, level: Int32, option: Int32, _ value: [UInt8]
    ) -> Int32 {
        let failed = unsafe setsockopt(descriptor.number, level, option, value, socklen_t(value.count))
        guard failed != 0 else { return 0 }
        guard errno == EOPNOTSUPP else { return -errno }
        return unsafe pfkey_client_set_policy(descriptor.number, level, option, value, value.count)
    }
}
