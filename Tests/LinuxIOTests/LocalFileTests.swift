import Glibc
import LinuxIO
import Testing

@Suite struct LocalFileTests {
    @Test func contentAndFactsComeFromOneFile() throws {
        let path = "/tmp/linuxio-\(getpid())-\(UInt32.random(in: 0 ... .max)).txt"
        let number = unsafe open(path, O_CREAT | O_WRONLY, 0o640)
        try #require(number >= 0)
        defer { unsafe unlink(path) }
        close(number)
        unsafe chmod(path, 0o640)
        try LocalFile.write("psk\n", to: path)
        let file = try LocalFile.read(path)
        #expect(file.text == "psk\n")
        #expect(
            file.facts == FileFacts(kind: .regular, owner: geteuid(), group: getegid(), mode: 0o640, size: 4))
    }

    @Test func sizeIsBounded() {
        let error = #expect(throws: SystemError.self) { try LocalFile.read("/dev/zero", maximum: 100_000) }
        #expect(error?.code == EFBIG)
    }

    @Test(arguments: [(0, 3, "abc"), (4, 10, "ef"), (6, 1, ""), (UInt64.max, 1, "")])
    func piecesAreWhatIsThere(offset: UInt64, count: Int, text: String) throws {
        let path = "/tmp/linuxio-\(getpid())-\(UInt32.random(in: 0 ... .max)).txt"
        let number = unsafe open(path, O_CREAT | O_WRONLY, 0o640)
        try #require(number >= 0)
        defer { unsafe unlink(path) }
        close(number)
        try LocalFile.write("abcdef", to: path)
        #expect(try LocalFile.read(path, from: offset, atMost: count) == Array(text.utf8))
        #expect(throws: SystemError.self) { try LocalFile.read("/nonexistent", from: offset, atMost: count) }
    }

    @Test func pathsAreMadeAbsolute() {
        #expect(LocalFile.absolute("/a/b") == "/a/b")
        let folder = LocalFile.resolved(".")
        #expect(folder.map { $0 + "/a/b" } == LocalFile.absolute("a/b"))
        #expect(LocalFile.resolved("/proc/../tmp/.") == LocalFile.resolved("/tmp"))
        #expect(LocalFile.resolved("/nonexistent") == nil)
    }

    @Test func mostFilesGiveNoCapabilities() {
        #expect(!LocalFile.hasCapabilities("/bin/sh"))
        #expect(!LocalFile.hasCapabilities("/nonexistent"))
    }

    @Test func failuresNameTheFile() {
        let missing = #expect(throws: SystemError.self) { try LocalFile.read("/nonexistent") }
        #expect(missing?.description == "open /nonexistent: No such file or directory")
        let folder = #expect(throws: SystemError.self) { try LocalFile.read("/tmp") }
        #expect(folder?.code == EISDIR)
    }
}
