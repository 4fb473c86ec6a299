import Glibc
import LinuxIO
import Testing

@Suite struct StreamSocketTests {
    private func path() -> String { "/tmp/linuxio-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock" }

    @Test func linesTravelBothWays() throws {
        let listener = try StreamListener(path: path())
        #expect(try LocalFile.facts(of: listener.path).mode == 0o600)
        var client = try StreamSocket(connectingTo: listener.path)
        var server = try listener.accept()
        #expect(try server.peerUser() == geteuid())
        try client.write("one\ntwo\nthr")
        #expect(try server.readLine(timeout: .seconds(5)) == "one")
        #expect(try server.readLine(timeout: .seconds(5)) == "two")
        try client.write("ee\n")
        #expect(try server.readLine(timeout: .seconds(5)) == "three")
        let long = String(repeating: "x", count: 100_000)
        try server.write(long + "\n")
        #expect(try client.readLine(timeout: .seconds(5)) == long)
    }

    @Test func silenceEndsTheWait() throws {
        let listener = try StreamListener(path: path())
        var client = try StreamSocket(connectingTo: listener.path)
        let error = #expect(throws: SystemError.self) { try client.readLine(timeout: .milliseconds(20)) }
        #expect(error?.code == ETIMEDOUT)
    }

    @Test func aClosedConnectionIsTheEnd() throws {
        let listener = try StreamListener(path: path())
        var client = try StreamSocket(connectingTo: listener.path)
        do { _ = try listener.accept() }
        #expect(try client.readLine(timeout: .seconds(5)) == nil)
    }

    @Test func nobodyThereIsExplained() throws {
        let error = #expect(throws: SystemError.self) { _ = try StreamSocket(connectingTo: path()) }
        #expect(error?.description.contains("is it running") == true)
    }

    @Test func aLiveSocketIsNotReplacedAndADeadOneIs() throws {
        let path = path()
        do {
            let first = try StreamListener(path: path)
            #expect(throws: SystemError.self) { _ = try StreamListener(path: first.path) }
        }
        #expect(throws: SystemError.self) { try LocalFile.facts(of: path) }
    }
}
