import Foundation
import LinuxIO
import Testing

/// Files read and written from one end to the other.
struct SequentialFileTests {
    private static func temporaryPath() -> String {
        FileManager.default.temporaryDirectory.appending(path: "sequential-\(UUID().uuidString)").path
    }

    @Test(arguments: [0, 1, 65_536, 200_001])
    func readsWhatWasWritten(_ count: Int) throws {
        let path = Self.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let output = try OutputFile(path, mode: 0o600)
        for start in stride(from: 0, to: count, by: 1000) {
            try output.write(Array(octets[start..<min(count, start + 1000)]))
        }
        try output.flush()
        let input = try InputFile(path)
        var read: [UInt8] = []
        while true {
            let piece = try input.read()
            guard !piece.isEmpty else { break }
            read += piece
        }
        #expect(read == octets)
        #expect(try LocalFile.facts(of: path).mode & 0o077 == 0)
    }

    @Test func knowsItsOtherNames() throws {
        let path = Self.temporaryPath()
        let link = path + "-link"
        _ = try OutputFile(path, mode: 0o600)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        defer { for path in [path, link] { try? FileManager.default.removeItem(atPath: path) } }
        let input = try InputFile(path)
        #expect(input.isSameFile(as: link))
        #expect(!input.isSameFile(as: "/dev/null"))
        #expect(!input.isSameFile(as: path + "-none"))
    }

    @Test func tellsWhatCannotBeOpened() {
        #expect(throws: SystemError("open /nonexistent", code: ENOENT)) { try InputFile("/nonexistent") }
        #expect(throws: SystemError("open /tmp", code: EISDIR)) { try InputFile("/tmp") }
        #expect(throws: SystemError("open /nonexistent/x", code: ENOENT)) {
            try OutputFile("/nonexistent/x", mode: 0o600)
        }
    }
}
