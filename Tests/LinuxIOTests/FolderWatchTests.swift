import Foundation
import LinuxIO
import Testing

struct FolderWatchTests {
    @Test func tellsOfChangesAndOfFoldersThatAppear() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "watch-\(UUID().uuidString)")
        let below = folder.appendingPathComponent("below")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let changes = DispatchSemaphore(value: 0)
        let watch = try FolderWatch { changes.signal() }
        defer { watch.stop() }
        watch.watch([below.path])
        try FileManager.default.createDirectory(at: below, withIntermediateDirectories: true)
        #expect(changes.wait(timeout: .now() + 20) == .success)
        watch.watch([below.path])
        let file = below.appendingPathComponent("x").path
        try FileSystem.replace(file, with: "1", mode: 0o600)
        #expect(changes.wait(timeout: .now() + 20) == .success)
        try FileSystem.setMode(of: file, to: 0o644)
        #expect(changes.wait(timeout: .now() + 20) == .success)
        try FileSystem.remove(file)
        #expect(changes.wait(timeout: .now() + 20) == .success)
    }
}
