import CLinux
import Glibc

/// A network interface whose packets we read and write; it goes when the descriptors are closed.
///
/// Every packet has a `VirtioHeader` in front: large ones cross the device as a whole, in both directions.
package final class TUNDevice: Sendable {
    /// The interface name the kernel gave.
    package let name: String
    /// The interface index.
    package let index: UInt32
    /// One for each thread: the packets of a flow come through one queue, the one that wrote packets of that flow last.
    package let queues: [TUNQueue]

    /// Makes a device; `pattern` may hold `%d` for the first free number.
    ///
    /// Reads and writes do not wait.
    package init(named pattern: String, queues count: Int = 1) throws(SystemError) {
        var name = [CChar](repeating: 0, count: 16)
        for (index, octet) in pattern.utf8.prefix(15).enumerated() {
            name[index] = CChar(truncatingIfNeeded: octet)
        }
        var queues: [TUNQueue] = []
        for _ in 0..<max(count, 1) {
            let result = unsafe linuxio_tun_open(&name)
            guard result >= 0 else {
                throw SystemError("make TUN device \(pattern)", code: -result, advice: Self.advice(-result))
            }
            queues.append(TUNQueue(FileDescriptor(owning: result)))
        }
        self.queues = queues
        self.name = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        index = unsafe if_nametoindex(name)
    }

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

    private static func advice(_ code: Int32) -> String? {
        switch code {
        case ENOENT, ENODEV, ENXIO: "load the tun module (modprobe tun)"
        case EPERM, EACCES: "run as root or give CAP_NET_ADMIN"
        case EBUSY: "another program uses a device of this name"
        case EINVAL: "is there a device of this name and another kind?"
        default: nil
        }
    }
}
