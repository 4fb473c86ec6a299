import Glibc

/// Making and removing what a daemon keeps under /run.
package enum FileSystem {
    /// Makes a directory and those above it that are missing; one that is there is left as it is.
    package static func makeDirectory(_ path: String, mode: UInt32) throws(SystemError) {
        guard !path.isEmpty, (try? LocalFile.facts(of: path)) == nil else { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectory(String(path[..<slash]), mode: 0o755)
        }
        guard unsafe mkdir(path, mode_t(mode)) == 0 || errno == EEXIST else {
            throw SystemError("mkdir \(path)")
        }
    }

    /// Writes a file whole, replacing what is there; readers see the old or the new text, never half of one.
    package static func replace(_ path: String, with text: String, mode: UInt32) throws(SystemError) {
        let octets = Array(text.utf8)
        try replace(path, with: octets.span, mode: mode)
    }

    /// The same for octets.
    package static func replace(
        _ path: String, with octets: Span<UInt8>, mode: UInt32
    ) throws(SystemError) {
        let draft = path + ".new"
        unsafe unlink(draft)
        try create(draft, holding: octets, mode: mode)
        guard unsafe rename(draft, path) == 0 else { throw SystemError("rename \(draft)") }
    }

    /// Writes a new file and has the disk keep it; fails with `EEXIST` where there is one.
    package static func create(
        _ path: String, holding octets: Span<UInt8>, mode: UInt32
    ) throws(SystemError) {
        let number = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard number >= 0 else { throw SystemError("open \(path)") }
        let descriptor = FileDescriptor(owning: number)
        let written = unsafe octets.withUnsafeBufferPointer { buffer in
            unsafe Glibc.write(descriptor.number, buffer.baseAddress, buffer.count)
        }
        guard written == octets.count, fsync(descriptor.number) == 0 else {
            throw SystemError("write \(path)")
        }
    }

    /// Adds a short text to the end of a file, which is made if it is missing.
    package static func append(_ text: String, to path: String, mode: UInt32) throws(SystemError) {
        let number = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, mode_t(mode))
        guard number >= 0 else { throw SystemError("open \(path)") }
        let descriptor = FileDescriptor(owning: number)
        let bytes = Array(text.utf8)
        guard unsafe Glibc.write(descriptor.number, bytes, bytes.count) == bytes.count else {
            throw SystemError("write \(path)")
        }
    }

    /// Sets the permission bits of a file.
    package static func setMode(of path: String, to mode: UInt32) throws(SystemError) {
        guard unsafe chmod(path, mode_t(mode)) == 0 else { throw SystemError("chmod \(path)") }
    }

    /// Removes a file; one that is not there is no error.
    package static func remove(_ path: String) throws(SystemError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw SystemError("unlink \(path)") }
    }

    /// The paths a shell pattern names, sorted; empty if none.
    ///
    /// A leading `~` is the home directory.
    package static func matches(of pattern: String) -> [String] {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, GLOB_TILDE, nil, &found) == 0 else { return [] }
        let paths = unsafe UnsafeBufferPointer(start: found.gl_pathv, count: Int(found.gl_pathc))
        return unsafe paths.compactMap { unsafe $0.map { unsafe String(cString: $0) } }
    }
}
