import CLinux
import Glibc
import IPsec
package import KeyMaterial

/// One end of a Unix stream connection that carries lines of text, with waits that end.
package struct StreamSocket: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    private var buffered: [UInt8] = []

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Connects to the socket at `path`.
    package init(connectingTo path: String) throws(SystemError) {
        descriptor = try UnixSocketFile.connect(to: path, SOCK_STREAM)
    }

    /// The number, for `poll`; it stays this socket's.
    package var number: Int32 { descriptor.number }

    /// The user of the process at the other end.
    package borrowing func peerUser() throws(SystemError) -> UInt32 {
        var user: UInt32 = 0
        var process: Int32 = 0
        _ = try SystemError.check(
            unsafe linuxio_unix_peer(descriptor.number, &user, &process), "getsockopt SO_PEERCRED")
        return user
    }

    /// Writes all of `text`.
    package borrowing func write(_ text: String) throws(SystemError) {
        let bytes = Array(text.utf8)
        var rest = bytes[...]
        while !rest.isEmpty {
            let number = descriptor.number
            rest = rest.dropFirst(
                try SystemError.retrying("send") {
                    unsafe rest.withUnsafeBytes { bytes in
                        unsafe send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                    }
                })
        }
    }

    /// The next line without its end; nil when the other side has closed.
    ///
    /// - Parameter timeout: how long to wait for the whole line; nil for ever.
    /// - Throws: `ETIMEDOUT`, and `EMSGSIZE` for a line longer than `maximum` octets.
    package mutating func readLine(
        timeout: Duration? = nil, maximum: Int = 16 << 20
    ) throws(SystemError) -> String? {
        let deadline = timeout.map { MonotonicClock.now + $0 }
        var searched = 0
        while true {
            if let end = buffered[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffered[..<end], as: UTF8.self)
                buffered.removeFirst(end + 1)
                return line
            }
            searched = buffered.count
            guard searched <= maximum else { throw SystemError("recv", code: EMSGSIZE) }
            try wait(until: deadline)
            guard try fill() else { return nil }
        }
    }

    /// The line that a secret follows, without its end; nothing beyond it is read.
    ///
    /// - Throws: `ETIMEDOUT`, and `EMSGSIZE` for a line longer than `maximum` octets or without an end.
    package mutating func readLineBeforeSecret(
        timeout: Duration, maximum: Int = 1 << 20
    ) throws(SystemError) -> String {
        let deadline = MonotonicClock.now + timeout
        var line: [UInt8] = []
        while line.count < maximum {
            try wait(until: deadline)
            var octet: UInt8 = 0
            let number = descriptor.number
            let count = try SystemError.retrying("recv") { unsafe recv(number, &octet, 1, 0) }
            guard count == 1 else { throw SystemError("recv", code: EMSGSIZE, advice: "the line has no end") }
            if octet == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(octet)
        }
        throw SystemError("recv", code: EMSGSIZE)
    }

    /// The next `count` octets, straight to where they are wiped.
    ///
    /// - Throws: `ETIMEDOUT`, and `EMSGSIZE` where the other side closes before.
    package borrowing func readSecret(_ count: Int, timeout: Duration) throws(SystemError) -> SecretBytes {
        let deadline = MonotonicClock.now + timeout
        return try unsafe SecretBytes(count: count) { (target) throws(SystemError) in
            var offset = 0
            while offset < count {
                try wait(until: deadline)
                let (number, rest) = unsafe (
                    descriptor.number, UnsafeMutableRawBufferPointer(rebasing: target[offset...])
                )
                let received = try SystemError.retrying("recv") {
                    unsafe recv(number, rest.baseAddress, rest.count, 0)
                }
                guard received > 0 else {
                    throw SystemError("recv", code: EMSGSIZE, advice: "the connection ended too early")
                }
                offset += received
            }
        }
    }

    private borrowing func wait(until deadline: Instant?) throws(SystemError) {
        var poller = Poller()
        _ = poller.watch(descriptor.number)
        while true {
            let left = deadline.map { $0 - MonotonicClock.now }
            if let left, left <= .zero { throw SystemError("recv", code: ETIMEDOUT) }
            if try poller.wait(left) { return }
        }
    }

    private mutating func fill() throws(SystemError) -> Bool {
        var piece = [UInt8](repeating: 0, count: 16_384)
        let number = descriptor.number
        let count = try SystemError.retrying("recv") {
            unsafe piece.withUnsafeMutableBytes { unsafe recv(number, $0.baseAddress, $0.count, 0) }
        }
        buffered.append(contentsOf: piece[..<count])
        return count > 0
    }
}
