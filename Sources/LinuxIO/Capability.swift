import CLinux

/// Privileges a thread of this process may hold; the raw values are the kernel's.
package enum Capability: UInt8, Sendable {
    case netBindService = 10
    case netAdmin = 12
    case netRaw = 13

    /// Whether the calling thread may use it now.
    package var isHeld: Bool {
        var effective: UInt64 = 0
        guard unsafe linuxio_capabilities(&effective) == 0 else { return false }
        return effective >> UInt64(rawValue) & 1 == 1
    }
}
