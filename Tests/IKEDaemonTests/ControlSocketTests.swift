import ControlProtocol
import Foundation
import KeyMaterial
import LinuxIO
import NIOCore
import NIOPosix
import Testing

@testable import IKEDaemon

struct ControlSocketTests {
    @Test("keys are for root, and for nobody where the configuration does not say so")
    func whoGetsKeys() {
        let (root, other) = (ControlPeer(process: 7, user: 0), ControlPeer(process: 7, user: 1000))
        #expect(KeyExport.objection(to: root, isAllowed: true) == nil)
        #expect(KeyExport.objection(to: root, isAllowed: false)?.contains("key_export on;") == true)
        for isAllowed in [true, false] {
            let objection = KeyExport.objection(to: other, isAllowed: isAllowed)
            #expect(objection == "keys are for root alone: run it as root")
        }
    }

    /// Runs a control socket that answers every request with its name.
    private func withSocket(
        executor: @escaping ControlSocket.Executor = { request, _, answer in
            answer(ControlAnswer(.done(["\(request)"])))
        },
        _ body: (String) throws -> Void
    ) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "ctl-\(UUID().uuidString)"
        ).path
        let path = directory + "/ctl"
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let socket = try ControlSocket.open(path: path, group: group, execute: executor)
        defer {
            socket.close()
            try? group.syncShutdownGracefully()
            try? FileManager.default.removeItem(atPath: directory)
        }
        try body(path)
    }

    private func ask(_ path: String, _ text: String) throws -> ControlReply? {
        var socket = try StreamSocket(connectingTo: path)
        try socket.write(text)
        return try socket.readLine(timeout: .seconds(30)).map { try ControlReply(line: Array($0.utf8)) }
    }

    private let status = #"{"version":1,"command":"status"}"# + "\n"

    @Test func answersAndCloses() throws {
        try withSocket { (path) throws in
            #expect(try ask(path, status) == .done(["status"]))
        }
    }

    @Test func isForItsOwnerAlone() throws {
        try withSocket { (path) throws in
            #expect(try LocalFile.facts(of: path).mode == 0o600)
            #expect(try LocalFile.facts(of: String(path.dropLast(4))).mode == 0o700)
        }
    }

    @Test func refusesNonsenseWithAReason() throws {
        try withSocket { (path) throws in
            for text in ["\n", "{}\n", #"{"version":9,"command":"status"}"# + "\n"] {
                guard case .failed(let failure) = try ask(path, text) else {
                    Issue.record("\(text) was answered")
                    continue
                }
                #expect(failure.kind == .malformed || failure.kind == .version)
            }
        }
    }

    @Test func refusesAnEndlessLine() throws {
        try withSocket { (path) throws in
            guard case .failed(let failure) = try ask(path, String(repeating: "x", count: 5000)) else {
                Issue.record("it was answered")
                return
            }
            #expect(failure.kind == .malformed)
        }
    }

    @Test func outlivesClientsThatGoInTheMiddle() throws {
        try withSocket { (path) throws in
            for _ in 0..<50 {
                let socket = try StreamSocket(connectingTo: path)
                try socket.write(#"{"version":1,"#)
            }
            for _ in 0..<50 {
                let socket = try StreamSocket(connectingTo: path)
                try socket.write(status)
            }
            #expect(try ask(path, status) == .done(["status"]))
        }
    }

    @Test func outlivesAThousandSilentClients() throws {
        try withSocket { (path) throws in
            var open: [Int32] = []
            defer { for number in open { close(number) } }
            for _ in 0..<1000 {
                let socket = try StreamSocket(connectingTo: path)
                open.append(dup(socket.number))
            }
            #expect(try ask(path, status) == .done(["status"]))
        }
    }

    @Test func aClientThatDoesNotReadHoldsNobodyUp() throws {
        let huge = [String](repeating: String(repeating: "x", count: 1000), count: 5000)
        let executor: ControlSocket.Executor = { request, _, answer in
            answer(ControlAnswer(.done(request == .reload ? huge : ["small"])))
        }
        try withSocket(executor: executor) { (path) throws in
            let deaf = try StreamSocket(connectingTo: path)
            try deaf.write(#"{"version":1,"command":"reload"}"# + "\n")
            #expect(try ask(path, status) == .done(["small"]))
            #expect(try ask(path, #"{"version":1,"command":"reload"}"# + "\n") == .done(huge))
        }
    }

    @Test func doesNotTakeTheSocketOfAnother() throws {
        try withSocket { (path) throws in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            defer { try? group.syncShutdownGracefully() }
            #expect(throws: StartFailure.self) {
                try ControlSocket.open(path: path, group: group) { _, _, answer in
                    answer(ControlAnswer(.done([])))
                }
            }
            #expect(try ask(path, status) == .done(["status"]))
        }
    }

    @Test func saysWhoAsks() throws {
        let executor: ControlSocket.Executor = { _, peer, answer in
            answer(ControlAnswer(.done(["\(peer.user) \(peer.process)"])))
        }
        try withSocket(executor: executor) { (path) throws in
            #expect(try ask(path, status) == .done(["\(getuid()) \(getpid())"]))
        }
    }

    @Test func secretFollowsTheReplyOctetForOctet() throws {
        // Longer than what one write takes.
        let octets = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let executor: ControlSocket.Executor = { _, _, answer in
            answer(ControlAnswer(.done(["table"]), secret: SecretKey(copying: octets)))
        }
        try withSocket(executor: executor) { (path) throws in
            var socket = try StreamSocket(connectingTo: path)
            try socket.write(status)
            let line = try socket.readLineBeforeSecret(timeout: .seconds(30))
            let secret = SecretKey(try socket.readSecret(octets.count, timeout: .seconds(30)))
            #expect(try ControlReply(line: Array(line.utf8)) == .done(["table"]))
            #expect(SecretKey.constantTimeEqual(secret, SecretKey(copying: octets)))
            var isOver = false
            do throws(SystemError) {
                _ = try socket.readSecret(1, timeout: .seconds(30))
            } catch { isOver = true }
            #expect(isOver)
        }
    }

    @Test func wipesInPlaceWhatItSent() {
        var buffer = ByteBuffer(bytes: [1, 2, 3])
        buffer.moveReaderIndex(forwardBy: 1)
        let place = {
            unsafe buffer.withUnsafeReadableBytes { unsafe $0.baseAddress.map { UInt(bitPattern: $0) } }
        }
        let before = place()
        buffer.wipe()
        #expect(place() == before && before != nil)
        buffer.moveReaderIndex(to: 0)
        #expect(buffer.getBytes(at: 0, length: 3) == [0, 0, 0])
    }
}
