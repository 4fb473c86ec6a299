import Glibc

/// The kernel's time limit for larval SAs, raised while we run.
///
/// Its default of 30 s ends the larval SA of an ACQUIRE while a slow negotiation still retransmits.
struct AcquireExpiry: Sendable {
    /// Longer than any negotiation that still retransmits, seconds.
    private static let wanted = 165
    private static let path = "/proc/sys/net/core/xfrm_acq_expires"

    /// What was there before; nil when nothing was changed.
    private let previous: Int?

    var changedSomething: Bool { previous != nil }

    /// Raises the limit where /proc lets us; elsewhere the kernel's own stays.
    static func raise() -> AcquireExpiry {
        guard let current = read(), current < wanted, write(wanted) else {
            return AcquireExpiry(previous: nil)
        }
        return AcquireExpiry(previous: current)
    }

    /// Puts back what was there, unless somebody changed it since.
    func restore() {
        guard let previous, Self.read() == Self.wanted else { return }
        _ = Self.write(previous)
    }

    private static func read() -> Int? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        var text = [UInt8](repeating: 0, count: 32)
        let count = unsafe Glibc.read(descriptor, &text, text.count)
        guard count > 0 else { return nil }
        return Int(String(decoding: text.prefix(count).prefix { (0x30...0x39).contains($0) }, as: UTF8.self))
    }

    private static func write(_ seconds: Int) -> Bool {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        let text = Array("\(seconds)\n".utf8)
        return unsafe Glibc.write(descriptor, text, text.count) == text.count
    }
}
