import CLinux
import Glibc

/// What the file system says of a file beside its content.
package struct FileFacts: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case regular
        case directory
        case socket
        case other
    }

    package var kind: Kind
    /// The owner's user number.
    package var owner: UInt32
    package var group: UInt32
    /// The permission bits, `0o7777` at most.
    package var mode: UInt32
    /// Octets.
    package var size: Int64

    package init(kind: Kind, owner: UInt32, group: UInt32, mode: UInt32, size: Int64) {
        self.kind = kind
        self.owner = owner
        self.group = group
        self.mode = mode
        self.size = size
    }

    init(_ status: stat) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFSOCK: .socket
            default: .other
            }
        self.init(
            kind: kind, owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777,
            size: Int64(status.st_size))
    }
}

/// A file read whole: its content and the facts of the very file that was read.
package struct LocalFile: Hashable, Sendable {
    package var facts: FileFacts
    package var bytes: [UInt8]

    /// The content as text; octets that are not UTF-8 become U+FFFD.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Configuration is text that people write; what is larger than this is not configuration.
    package static let maximumSize = 16 << 20

    /// Reads a file of at most `maximum` octets.
    package static func read(_ path: String, maximum: Int = maximumSize) throws(SystemError) -> LocalFile {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard number >= 0 else { throw SystemError("open \(path)") }
        let descriptor = FileDescriptor(owning: number)
        var status = stat()
        guard unsafe fstat(descriptor.number, &status) == 0 else { throw SystemError("fstat \(path)") }
        let facts = FileFacts(status)
        guard facts.kind != .directory else { throw SystemError("open \(path)", code: EISDIR) }
        return LocalFile(facts: facts, bytes: try content(of: descriptor, path, maximum))
    }

    private static func content(
        of descriptor: borrowing FileDescriptor, _ path: String, _ maximum: Int
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        defer { for index in piece.indices { piece[index] = 0 } }
        while true {
            let number = descriptor.number
            let count = try SystemError.retrying("read \(path)") {
                unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
            }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= maximum else {
                throw SystemError("read \(path)", code: EFBIG, advice: "at most \(maximum) octets are read")
            }
            bytes.append(contentsOf: piece[..<count])
        }
    }

    /// The facts of a file; follows symbolic links.
    package static func facts(of path: String) throws(SystemError) -> FileFacts {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemError("stat \(path)") }
        return FileFacts(status)
    }

    /// Writes a short text to an existing file, such as a kernel setting.
    package static func write(_ text: String, to path: String) throws(SystemError) {
        let number = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("open \(path)") }
        let descriptor = FileDescriptor(owning: number)
        let bytes = Array(text.utf8)
        let written = unsafe Glibc.write(descriptor.number, bytes, bytes.count)
        guard written == bytes.count else { throw SystemError("write \(path)") }
    }

    /// The names in a directory, hidden ones left out; empty if it cannot be read.
    package static func names(in path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Reads a piece of a file: at most `count` octets, fewer where it ends.
    package static func read(
        _ path: String, from offset: UInt64, atMost count: Int
    ) throws(SystemError) -> [UInt8] {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard number >= 0 else { throw SystemError("open \(path)") }
        let descriptor = FileDescriptor(owning: number)
        var bytes = [UInt8](repeating: 0, count: count)
        // Behind the last offset that the kernel takes there is nothing either.
        let start = min(off_t(clamping: offset), off_t.max - off_t(count))
        let taken = try SystemError.retrying("pread \(path)") {
            unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(descriptor.number, buffer.baseAddress, buffer.count, start)
            }
        }
        return Array(bytes.prefix(taken))
    }

    /// A path that stays the same where the program goes to another folder.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = target(ofLink: "/proc/self/cwd") else { return path }
        return "\(folder)/\(path)"
    }

    /// The path without symbolic links; nil if there is no such file.
    package static func resolved(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Whether starting the program in a file gives capabilities.
    package static func hasCapabilities(_ path: String) -> Bool {
        unsafe linuxio_has_capabilities(path) != 0
    }

    /// Where a symbolic link points; nil if it cannot be read.
    package static func target(ofLink path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return -1 }
            return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
