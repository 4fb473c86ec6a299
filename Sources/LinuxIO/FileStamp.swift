import Glibc

/// What changes whenever a file does, so that one that was read need not be read again.
package struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let owner: UInt32
    private let mode: UInt32
    private let modified: Int64
    /// When content, owner or permissions changed last, nanoseconds since 1970.
    private let changed: Int64

    /// The stamp of a file as it is now; nil where there is none.
    package init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        owner = status.st_uid
        mode = status.st_mode
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    /// Whether a change after `moment`, nanoseconds since 1970, would be seen by the stamp.
    ///
    /// The kernel's clock for files stands still for some milliseconds at a time: a file that was changed just now may
    /// be changed again without it.
    package func isSettled(at moment: Int64) -> Bool { moment - changed > 1_000_000_000 }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
