import Glibc
import KeyMaterial
import LinuxIO
import Testing

@Suite struct PrivateFolderTests {
    private func path() -> String { "/tmp/linuxio-\(getpid())-\(UInt32.random(in: 0 ... .max)).d" }

    private func remove(_ path: String) {
        for name in [".key.new", "key"] { unsafe unlink(path + "/" + name) }
        unsafe rmdir(path)
        unsafe unlink(path)
    }

    private func objection(_ path: String) -> PrivateFolder.Objection? {
        do throws(PrivateFolder.Objection) {
            _ = try PrivateFolder(path)
            return nil
        } catch {
            return error
        }
    }

    @Test func madeForItsOwnerAlone() throws {
        let path = path()
        defer { remove(path) }
        let folder = try PrivateFolder(path)
        try folder.write("key", SecretBytes(copying: [1, 2]))
        try folder.write("key", SecretBytes(copying: [3]))
        #expect(try LocalFile.facts(of: path).mode == 0o700)
        let file = try LocalFile.read(path + "/key")
        #expect(file.facts.mode == 0o600)
        #expect(file.bytes == [3])
        #expect(LocalFile.names(in: path) == ["key"])
        #expect(objection(path) == nil)
    }

    @Test func replacesALinkRatherThanFollowIt() throws {
        let (path, victim) = (path(), path())
        defer {
            remove(path)
            remove(victim)
        }
        try FileSystem.replace(victim, with: "kept", mode: 0o644)
        let folder = try PrivateFolder(path)
        let linked = unsafe symlink(victim, path + "/key")
        let draftLinked = unsafe symlink(victim, path + "/.key.new")
        #expect(linked == 0)
        #expect(draftLinked == 0)
        try folder.write("key", SecretBytes(copying: [1]))
        #expect(try LocalFile.read(victim).text == "kept")
        #expect(try LocalFile.read(path + "/key").bytes == [1])
    }

    @Test func refusesWhatOthersLookInto() {
        let path = path()
        defer { remove(path) }
        let made = unsafe mkdir(path, 0o750)
        #expect(made == 0)
        #expect(objection(path) == .isOpen(mode: 0o750))
    }

    @Test func refusesLinksAndFiles() throws {
        let (path, folder) = (path(), path())
        defer {
            remove(path)
            remove(folder)
        }
        let made = unsafe mkdir(folder, 0o700)
        #expect(made == 0)
        let linked = unsafe symlink(folder, path)
        #expect(linked == 0)
        #expect(objection(path) == .notAFolder)
        unsafe unlink(path)
        try FileSystem.replace(path, with: "", mode: 0o600)
        #expect(objection(path) == .notAFolder)
    }
}
