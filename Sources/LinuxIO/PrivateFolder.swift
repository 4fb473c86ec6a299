import Glibc
package import KeyMaterial

/// A folder for its owner alone, with files of secrets in it.
///
/// Files are reached through the folder that was looked at, whatever its name means later.
package struct PrivateFolder: ~Copyable {
    /// Why a folder that is there is not used.
    package enum Objection: Error, Hashable, Sendable {
        /// Others may read or enter it; its permission bits.
        case isOpen(mode: UInt32)
        case belongsTo(user: UInt32)
        /// What is there is no folder, or a symbolic link to one.
        case notAFolder
        case failed(SystemError)
    }

    private let descriptor: FileDescriptor
    private let path: String

    /// Makes the folder, or takes the one that is there if nobody else can look into it.
    package init(_ path: String) throws(Objection) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .failed(SystemError("mkdir \(path)"))
        }
        let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else {
            throw [ENOTDIR, ELOOP].contains(errno) ? .notAFolder : .failed(SystemError("open \(path)"))
        }
        let opened = FileDescriptor(owning: number)
        try Self.check(opened.number, path)
        descriptor = opened
        self.path = path
    }

    private static func check(_ number: Int32, _ path: String) throws(Objection) {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw .failed(SystemError("fstat \(path)")) }
        guard status.st_uid == geteuid() else { throw .belongsTo(user: status.st_uid) }
        let mode = status.st_mode & 0o7777
        guard mode & 0o077 == 0 else { throw .isOpen(mode: mode) }
    }

    /// Writes a file whole with mode 0600, in place of one of that name; a symbolic link is replaced, not followed.
    package borrowing func write(_ name: String, _ content: borrowing SecretBytes) throws(SystemError) {
        let draft = "." + name + ".new"
        unsafe unlinkat(descriptor.number, draft, 0)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let number = unsafe openat(descriptor.number, draft, flags, mode_t(0o600))
        guard number >= 0 else { throw SystemError("open \(path)/\(draft)") }
        let file = FileDescriptor(owning: number)
        do throws(SystemError) {
            try Self.write(content, to: file.number, "\(path)/\(draft)")
            guard unsafe renameat(descriptor.number, draft, descriptor.number, name) == 0 else {
                throw SystemError("rename \(path)/\(draft)")
            }
        } catch {
            unsafe unlinkat(descriptor.number, draft, 0)
            throw error
        }
    }

    private static func write(
        _ content: borrowing SecretBytes, to number: Int32, _ name: String
    ) throws(SystemError) {
        try unsafe content.withUnsafeBytes { (octets) throws(SystemError) in
            var rest = unsafe octets[...]
            while unsafe !rest.isEmpty {
                let part = unsafe UnsafeRawBufferPointer(rebasing: rest)
                let written = try SystemError.retrying("write \(name)") {
                    unsafe Glibc.write(number, part.baseAddress, part.count)
                }
                unsafe rest = rest.dropFirst(written)
            }
        }
        guard fsync(number) == 0 else { throw SystemError("fsync \(name)") }
    }
}
