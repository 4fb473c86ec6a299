import Glibc
import LinuxIO
import Testing

/// Programs in a folder of their own.
@Suite("programs that are run with our rights") struct BoundedProgramTests {
    private static func withProgram(
        _ text: String, mode: mode_t = 0o700, folderMode: mode_t = 0o700, _ body: (String) throws -> Void
    ) throws {
        let folder = "/tmp/linuxio-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try #require(unsafe mkdir(folder, 0o700) == 0)
        let path = folder + "/program"
        let number = unsafe open(path, O_CREAT | O_WRONLY, 0o600)
        try #require(number >= 0)
        close(number)
        defer {
            unsafe unlink(path)
            unsafe rmdir(folder)
        }
        try LocalFile.write(text, to: path)
        unsafe chmod(path, mode)
        unsafe chmod(folder, folderMode)
        try body(path)
    }

    private static func run(_ text: String, _ environment: [String] = [], limit: Duration = .seconds(60))
        throws
        -> BoundedProgram.Outcome
    {
        var outcome: BoundedProgram.Outcome?
        try withProgram("#!/bin/sh\n" + text) { path in
            outcome = try BoundedProgram(
                path: try TrustedProgram.resolve(path), arguments: ["phase1_up"], environment: environment,
                limit: limit
            ).run()
        }
        return try #require(outcome)
    }

    @Test("its argument, its environment and no other, its words and its status")
    func whole() throws {
        let outcome = try Self.run(
            "echo \"$1 $REMOTE_ADDR [$HOME]\"; echo more >&2; read line || exit 3\n",
            ["REMOTE_ADDR=192.0.2.2"])
        #expect(outcome.ending == .exited(3))
        #expect(String(decoding: outcome.output, as: UTF8.self) == "phase1_up 192.0.2.2 []\nmore\n")
    }

    @Test("it has no descriptor of ours, even one that is not closed by itself")
    func descriptors() throws {
        let number = unsafe open("/dev/null", O_RDONLY)
        defer { close(number) }
        let outcome = try Self.run("[ ! -e /proc/$$/fd/\(number) ] && [ ! -e /proc/$$/fd/3 ] || exit 9\n")
        #expect(outcome.ending == .exited(0))
    }

    @Test("what takes too long is killed, with what it has started")
    func overdue() throws {
        let outcome = try Self.run(
            "echo begun; tail -f /dev/null & tail -f /dev/null\n", limit: .milliseconds(300))
        #expect(outcome.ending == .overdue)
        #expect(outcome.output == Array("begun\n".utf8))
    }

    @Test("a flood of words ends, and the first 4096 octets are kept")
    func flood() throws {
        let outcome = try Self.run("head -c 1000000 /dev/zero; kill -TERM $$\n", ["PATH=/usr/bin:/bin"])
        #expect(outcome.ending == .signalled(SIGTERM))
        #expect(outcome.output.count == 4096)
    }

    @Test(
        "what others could have changed is refused",
        arguments: [
            (mode_t(0o720), mode_t(0o700), "chmod go-w"), (0o702, 0o700, "chmod go-w"),
            (0o700, 0o770, "chmod go-w"), (0o600, 0o700, "chmod 755"),
        ])
    func refusals(mode: mode_t, folderMode: mode_t, advice: String) throws {
        try Self.withProgram("#!/bin/sh\n", mode: mode, folderMode: folderMode) { path in
            let objection = #expect(throws: TrustedProgram.Objection.self) {
                try TrustedProgram.resolve(path)
            }
            #expect(objection?.description.contains(advice) == true, "\(objection as Any)")
        }
    }

    @Test(
        "what is no program is refused",
        arguments: [
            ("bin/sh", "does not begin with '/'"), ("/nonexistent", "No such file"), ("/tmp", "is no file"),
        ])
    func nothing(path: String, sentence: String) {
        let objection = #expect(throws: TrustedProgram.Objection.self) { try TrustedProgram.resolve(path) }
        #expect(objection?.description.contains(sentence) == true)
    }

    @Test("who does not own it is asked for", .enabled(if: geteuid() == 0, "needs root"))
    func owner() throws {
        try Self.withProgram("#!/bin/sh\n") { path in
            unsafe chown(path, 65534, 65534)
            let objection = #expect(throws: TrustedProgram.Objection.self) {
                try TrustedProgram.resolve(path)
            }
            #expect(objection?.description.contains("belongs to user 65534") == true)
        }
    }
}
