import Credentials
import LinuxIO
import Negotiation
import Synchronization

/// The table of a file of pre-shared keys, kept for as long as the file is the same.
final class PreSharedKeyCache: Sendable {
    private struct Entry {
        let path: String
        let stamp: FileStamp
        let table: SharedSecretTable
    }

    private let entry = Mutex<Entry?>(nil)

    /// The table that was read last if the file has not changed since, and else what `read` gives.
    func table(
        of path: String, read: () throws(SharedSecretFailure) -> SharedSecretTable
    ) throws(SharedSecretFailure) -> SharedSecretTable {
        let stamp = FileStamp(of: path)
        let kept = entry.withLock { $0 }
        if let kept, kept.path == path, kept.stamp == stamp { return kept.table }
        let (seconds, microseconds) = WallClock.moment
        let table = try read()
        let moment = Int64(seconds) * 1_000_000_000 + Int64(microseconds) * 1000
        // A stamp of before the reading is the older one: whatever changes later has another.
        let isKept = stamp?.isSettled(at: moment) ?? false
        entry.withLock { $0 = isKept ? stamp.map { Entry(path: path, stamp: $0, table: table) } : nil }
        return table
    }
}
