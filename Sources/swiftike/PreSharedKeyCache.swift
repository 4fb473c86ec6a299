import Credentials
import IPsec
import LinuxIO
import Negotiation
import Synchronization

/// The table of a file of pre-shared keys, kept for as long as the file is the same.
///
/// Whether it is the same is looked at again after a moment: many peers may come within one.
final class PreSharedKeyCache: Sendable {
    private struct Entry {
        let path: String
        let stamp: FileStamp
        let table: SharedSecretTable
        /// When the file was looked at last.
        var seen: Instant
    }

    private static let moment = Duration.milliseconds(50)

    private let entry = Mutex<Entry?>(nil)

    /// The table that was read last if the file has not changed since, and else what `read` gives.
    func table(
        of path: String, read: () throws(SharedSecretFailure) -> SharedSecretTable
    ) throws(SharedSecretFailure) -> SharedSecretTable {
        let now = MonotonicClock.now
        let kept = entry.withLock { $0 }
        if let kept, kept.path == path, now - kept.seen < Self.moment { return kept.table }
        let stamp = FileStamp(of: path)
        if let kept, kept.path == path, kept.stamp == stamp {
            entry.withLock { $0?.seen = now }
            return kept.table
        }
        let (seconds, microseconds) = WallClock.moment
        let table = try read()
        let moment = Int64(seconds) * 1_000_000_000 + Int64(microseconds) * 1000
        // A stamp of before the reading is the older one: whatever changes later has another.
        let isKept = stamp?.isSettled(at: moment) ?? false
        entry.withLock {
            $0 = isKept ? stamp.map { Entry(path: path, stamp: $0, table: table, seen: now) } : nil
        }
        return table
    }
}
