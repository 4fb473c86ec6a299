import CLinux
import Glibc

/// A thread of another process, seen from outside.
package struct TracedThread: Hashable, Sendable {
    package let number: Int32
    /// The process it belongs to.
    private let process: Int32
    /// Its effective capabilities, as a bit set.
    private let capabilities: UInt64

    /// Fails if it has gone, or `/proc` is not there.
    package init(_ number: Int32) throws(SystemError) {
        let status = try LocalFile.read("/proc/\(number)/status").text
        func field(_ name: String) -> Substring? {
            status.split(separator: "\n").first { $0.hasPrefix(name) }?
                .dropFirst(name.count).drop { $0 == "\t" || $0 == " " }
        }
        guard let process = field("Tgid:").flatMap({ Int32($0) }),
            let capabilities = field("CapEff:").flatMap({ UInt64($0, radix: 16) })
        else { throw SystemError("read /proc/\(number)/status", code: EINVAL) }
        self.number = number
        self.process = process
        self.capabilities = capabilities
    }

    /// Whether it may use a privilege, in the user namespace of this process.
    package func holds(_ capability: Capability) -> Bool {
        capabilities >> UInt64(capability.rawValue) & 1 == 1 && shares("user")
    }

    /// Whether it is in the namespace of a kind (`net`, `user`) that this process is in.
    private func shares(_ kind: String) -> Bool {
        LocalFile.target(ofLink: "/proc/\(number)/ns/\(kind)")
            == LocalFile.target(ofLink: "/proc/self/ns/\(kind)")
    }

    /// Does something in its network namespace.
    ///
    /// The calling thread must be the only one of this process.
    package func inNetworkNamespace<Result>(
        _ body: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        if shares("net") { return try body() }
        let own = try Self.namespace("/proc/self/ns/net")
        let other = try Self.namespace("/proc/\(number)/ns/net")
        _ = try SystemError.check(linuxio_enter_namespace(other.number), "setns")
        defer { _ = linuxio_enter_namespace(own.number) }
        return try body()
    }

    private static func namespace(_ path: String) throws(SystemError) -> FileDescriptor {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("open \(path)") }
        return FileDescriptor(owning: number)
    }

    /// Copies from its memory; nil if not all of it can be read.
    package func read(_ address: UInt64, _ count: Int) -> [UInt8]? {
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let copied = unsafe linuxio_process_read(number, address, &bytes, count)
        return copied == count ? bytes : nil
    }

    /// Copies to its memory; false if not all of it can be written.
    package func write(_ bytes: [UInt8], to address: UInt64) -> Bool {
        unsafe linuxio_process_write(number, address, bytes, bytes.count) == bytes.count
    }

    /// A duplicate of its descriptor of a number.
    package func descriptor(_ place: Int32) throws(SystemError) -> FileDescriptor {
        let owner = FileDescriptor(
            owning: try SystemError.check(linuxio_process_open(process), "pidfd_open"))
        let copy = linuxio_process_descriptor(owner.number, place)
        return FileDescriptor(owning: try SystemError.check(copy, "pidfd_getfd"))
    }

    /// The first number of `range` that is no open descriptor of it; nil if all are.
    package func freeNumber(in range: Range<Int32>) -> Int32? {
        range.first { LocalFile.target(ofLink: "/proc/\(number)/fd/\($0)") == nil }
    }
}
