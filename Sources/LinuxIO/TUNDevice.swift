import CLinux
import Glibc

/// A network interface whose packets we read and write; it goes when the descriptor is closed.
package final class TUNDevice: Sendable {
    private let descriptor: FileDescriptor
    /// The interface name the kernel gave.
    package let name: String
    /// The interface index.
    package let index: UInt32

    /// Makes a device; `pattern` may hold `%d` for the first free number.
    ///
    /// Reads and writes do not wait.
    package init(named pattern: String) throws(SystemError) {
        var name = [CChar](repeating: 0, count: 16)
        for (index, octet) in pattern.utf8.prefix(15).enumerated() {
            name[index] = CChar(truncatingIfNeeded: octet)
        }
        let result = unsafe linuxio_tun_open(&name)
        guard result >= 0 else {
            throw SystemError("make TUN device \(pattern)", code: -result, advice: Self.advice(-result))
        }
        descriptor = FileDescriptor(owning: result)
        self.name = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        index = unsafe if_nametoindex(name)
    }

    /// The number, for `poll`; it stays this device's.
    package var number: Int32 { descriptor.number }

    /// Sets the largest packet in octets.
    package func setMTU(_ mtu: Int) throws(SystemError) {
        let result = unsafe linuxio_set_mtu(name, Int32(clamping: mtu))
        _ = try SystemError.check(result, "set MTU \(mtu) of \(name)")
    }

    package func setUp() throws(SystemError) {
        _ = try SystemError.check(unsafe linuxio_set_up(name), "bring up \(name)")
    }

    /// Sets how many packets may wait for us to read them.
    package func setQueueLength(_ packets: Int) throws(SystemError) {
        let result = unsafe linuxio_set_queue_length(name, Int32(clamping: packets))
        _ = try SystemError.check(result, "set queue length of \(name)")
    }

    /// Reads one packet into `buffer` from `offset` on, up to `tail` octets before its end; nil when none waits.
    package func read(into buffer: inout [UInt8], at offset: Int, leaving tail: Int) throws(SystemError)
        -> Int?
    {
        precondition(offset >= 0 && tail >= 0 && offset + tail <= buffer.count, "room outside the buffer")
        let number = number
        let count = unsafe buffer.withUnsafeMutableBytes { buffer in
            unsafe Glibc.read(
                number, buffer.baseAddress.map { unsafe $0 + offset }, buffer.count - offset - tail)
        }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw SystemError("read \(name)") }
        return nil
    }

    /// Hands one packet to the host, as if it had come in through the interface.
    package func write(_ buffer: [UInt8], _ packet: Range<Int>) throws(SystemError) {
        let number = number
        let count = unsafe buffer[packet].withUnsafeBytes { packet in
            unsafe Glibc.write(number, packet.baseAddress, packet.count)
        }
        guard count >= 0 else { throw SystemError("write \(name)") }
    }

    private static func advice(_ code: Int32) -> String? {
        switch code {
        case ENOENT, ENODEV, ENXIO: "load the tun module (modprobe tun)"
        case EPERM, EACCES: "run as root or give CAP_NET_ADMIN"
        case EBUSY: "another program uses a device of this name"
        default: nil
        }
    }
}
