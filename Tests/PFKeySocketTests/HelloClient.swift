import Glibc
import LinuxIO

/// A program with a PF_KEY socket that stands in for the kernel's: what the preload library does, by hand.
final class HelloClient {
    let socket: Int32
    /// Where the server says how messages fared.
    let verdicts: Int32

    struct Failed: Error {}

    /// Connects and says hello.
    ///
    /// - Parameters:
    ///   - passed: descriptors to pass in place of the one for verdicts; nil is that one.
    init(_ path: String, flags: UInt8 = 0, passing passed: [Int32]? = nil) throws {
        socket = try Self.connected(to: path)
        var pair: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &pair) == 0 else {
            throw Failed()
        }
        verdicts = pair[0]
        let hello = Array("SWPFKEY1".utf8) + [flags, 0, 0, 0, 0, 0, 0, 0]
        try send(hello, passing: passed ?? [pair[1]])
        close(pair[1])
    }

    deinit {
        close(socket)
        close(verdicts)
    }

    static func connected(to path: String) throws -> Int32 {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failed() }
        return socket
    }

    /// Sends a message with descriptors.
    func send(_ message: [UInt8], passing descriptors: [Int32] = []) throws {
        var message = message
        // struct cmsghdr: its length, SOL_SOCKET, SCM_RIGHTS; then the descriptors.
        var control: [UInt64] = [UInt64(16 + 4 * descriptors.count), 1 | 1 << 32]
        for start in stride(from: 0, to: descriptors.count, by: 2) {
            let second = start + 1 < descriptors.count ? descriptors[start + 1] : 0
            control.append(UInt64(UInt32(descriptors[start])) | UInt64(UInt32(second)) << 32)
        }
        let controlSize = descriptors.isEmpty ? 0 : control.count * 8
        let sent = unsafe message.withUnsafeMutableBytes { bytes in
            unsafe control.withUnsafeMutableBytes { controls in
                var piece = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return unsafe withUnsafeMutablePointer(to: &piece) { piece in
                    var header = unsafe msghdr()
                    unsafe header.msg_iov = piece
                    unsafe header.msg_iovlen = 1
                    unsafe header.msg_control = controlSize == 0 ? nil : controls.baseAddress
                    unsafe header.msg_controllen = controlSize
                    return unsafe sendmsg(socket, &header, Int32(MSG_NOSIGNAL))
                }
            }
        }
        guard sent == message.count else { throw Failed() }
    }

    /// What the server says of the last message; nil where it closed.
    func verdict() throws -> UInt8? { try Self.next(verdicts)?.first }

    /// A message and what the server says of it.
    func asks(_ message: [UInt8]) throws -> UInt8? {
        try send(message)
        return try verdict()
    }

    /// The next message that is there already; nil where there is none.
    func ready() -> [UInt8]? { Self.take(socket, Int32(MSG_DONTWAIT)) }

    /// Waits for a message; nil at the end.
    static func next(_ socket: Int32) throws -> [UInt8]? {
        var poller = Poller()
        _ = poller.watch(socket)
        guard try poller.wait(.seconds(20)) else { throw Failed() }
        return take(socket, 0)
    }

    private static func take(_ socket: Int32, _ flags: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(socket, &bytes, bytes.count, flags)
        return count > 0 ? Array(bytes[..<count]) : nil
    }
}
