import Glibc

/// A file that is read from its beginning to its end, or standard input, which is `-`.
package final class InputFile: Sendable {
    private let descriptor: FileDescriptor
    private let path: String
    private let identity: FileIdentity

    package init(_ path: String) throws(SystemError) {
        if path == "-" {
            descriptor = try FileDescriptor.duplicate(StandardStream.input.rawValue)
        } else {
            let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            guard number >= 0 else { throw SystemError("open \(path)") }
            descriptor = FileDescriptor(owning: number)
        }
        self.path = path == "-" ? "standard input" : path
        identity = try FileIdentity(descriptor, path)
    }

    /// What comes next, at most 64 KiB; empty at the end.
    package func read() throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let number = descriptor.number
        let count = try SystemError.retrying("read \(path)") {
            unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Whether a path names this very file, under whatever name.
    package func isSameFile(as path: String) -> Bool { FileIdentity(path) == identity }
}

/// A file that is written from its beginning to its end, or standard output, which is `-`.
///
/// It is used on one thread.
package final class OutputFile {
    private static let room = 65_536

    private let descriptor: FileDescriptor
    private let path: String
    private var waiting: [UInt8] = []

    /// Makes the file with `mode`, or empties the one that is there.
    package convenience init(_ path: String, mode: UInt32) throws(SystemError) {
        guard path != "-" else {
            try self.init(.output)
            return
        }
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY
        let number = unsafe open(path, flags, mode_t(mode))
        guard number >= 0 else { throw SystemError("open \(path)") }
        self.init(FileDescriptor(owning: number), path)
    }

    /// Writes to a stream that the program started with, which stays open.
    package convenience init(_ stream: StandardStream) throws(SystemError) {
        self.init(
            try FileDescriptor.duplicate(stream.rawValue),
            stream == .error ? "standard error" : "standard output")
    }

    private init(_ descriptor: consuming FileDescriptor, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Adds octets; they reach the file when enough have come together, and at the end.
    package func write(_ octets: [UInt8]) throws(SystemError) {
        waiting += octets
        if waiting.count >= Self.room { try flush() }
    }

    /// Has everything written.
    package func flush() throws(SystemError) {
        var written = 0
        while written < waiting.count {
            let (number, start) = (descriptor.number, written)
            written += try SystemError.retrying("write \(path)") {
                unsafe waiting.withUnsafeBytes { bytes in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                    return unsafe Glibc.write(number, rest.baseAddress, rest.count)
                }
            }
        }
        waiting.removeAll(keepingCapacity: true)
    }
}

/// What tells one file from another, whatever its names.
private struct FileIdentity: Equatable {
    let device: dev_t
    let number: ino_t

    init(_ descriptor: borrowing FileDescriptor, _ path: String) throws(SystemError) {
        var status = stat()
        guard unsafe fstat(descriptor.number, &status) == 0 else { throw SystemError("fstat \(path)") }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw SystemError("open \(path)", code: EISDIR) }
        (device, number) = (status.st_dev, status.st_ino)
    }

    /// nil where there is no file.
    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        (device, number) = (status.st_dev, status.st_ino)
    }
}
