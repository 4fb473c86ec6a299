import Glibc
import LinuxIO
import Testing

@Suite struct FileStampTests {
    @Test func changesWithTheFile() throws {
        let path = "/tmp/swiftike-stamp.\(getpid())"
        defer { try? FileSystem.remove(path) }
        #expect(FileStamp(of: path) == nil)
        try FileSystem.replace(path, with: "one", mode: 0o600)
        let first = try #require(FileStamp(of: path))
        #expect(FileStamp(of: path) == first)
        try FileSystem.setMode(of: path, to: 0o640)
        let second = try #require(FileStamp(of: path))
        #expect(second != first)
        // Another file of the same name, length and mode.
        try FileSystem.replace(path, with: "two", mode: 0o640)
        #expect(FileStamp(of: path) != second)
    }

    @Test func tellsWhetherALaterChangeWouldShow() throws {
        let path = "/tmp/swiftike-settled.\(getpid())"
        defer { try? FileSystem.remove(path) }
        try FileSystem.replace(path, with: "one", mode: 0o600)
        let stamp = try #require(FileStamp(of: path))
        let now = WallClock.now * 1_000_000_000
        #expect(!stamp.isSettled(at: now))
        #expect(stamp.isSettled(at: now + 10_000_000_000))
    }
}
