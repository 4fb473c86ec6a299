import Algorithms
import Foundation
import IPsec
import LinuxIO
import PFKey
import TestSupport
import Testing

@testable import PFKeySocket

/// Programs that come by the preload library or by supervision, against a server on a socket of its own.
@Suite struct HelloTests {
    private final class Bench {
        let path = FileManager.default.temporaryDirectory.appending(path: "pfkey-\(UUID()).sock").path
        let server: PFKeyServer

        init() throws {
            server = try PFKeyServer(path: path, inbox: try PFKeyEventInbox()) { events in
                AdministeredPlane(
                    MemoryDatabase(), dialect: .linux,
                    algorithms: SADBAlgorithms(Catalogue.encryption, Catalogue.integrity), events: events)
            }
        }

        deinit { server.shutDown() }
    }

    private static func header(_ type: SADBMessageType, _ satype: SADBSatype = .unspecified) throws -> [UInt8]
    {
        try SADBMessage(SADBHeader(type, satype, sequence: 3, process: 4)).encoded()
    }

    @Test func theAnswerIsThereWhenTheVerdictIs() throws {
        let bench = try Bench()
        let client = try HelloClient(bench.path)
        #expect(try client.verdict() == 0)
        #expect(try client.asks(Self.header(.register, .esp)) == 0)
        #expect(client.ready()?[1] == SADBMessageType.register.rawValue)
        // In Linux's dialect: a number, and no sentence.
        #expect(try client.asks(Self.header(.dump)) == 0)
        let refusal = try #require(client.ready())
        #expect(refusal.count == 16)
        #expect(refusal[2] == 2)
        #expect(client.ready() == nil)
    }

    @Test(
        arguments: [
            ([2, 3, 0, 3, 99, 0], 90), ([1, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 22),
            ([2, 25, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 22),
            ([2, 10, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 22),
            ([2, 10, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 90),
            ([UInt8](repeating: 2, count: 600_000), 90),
        ] as [([UInt8], UInt8)])
    func whatLinuxsSendRefusesIsTheVerdictAndNothingElse(_ message: [UInt8], _ number: UInt8) throws {
        let bench = try Bench()
        let client = try HelloClient(bench.path)
        _ = try client.verdict()
        // The longest one needs room.
        var space: Int32 = 2 << 20
        _ = unsafe setsockopt(client.socket, SOL_SOCKET, SO_SNDBUFFORCE, &space, 4)
        guard (try? client.send(message)) != nil else { return }
        #expect(try client.verdict() == number)
        #expect(client.ready() == nil)
        #expect(try client.asks(Self.header(.dump)) == 0)
    }

    @Test func aVerdictGoesWhereItsMessageSays() throws {
        let bench = try Bench()
        let client = try HelloClient(bench.path)
        _ = try client.verdict()
        var pair: [Int32] = [0, 0]
        #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &pair) == 0)
        try client.send([1, 2, 3], passing: [pair[1], client.socket, client.verdicts])
        close(pair[1])
        #expect(try HelloClient.next(pair[0]) == [90])
        // Ours was the only other end: the server's is closed.
        #expect(try HelloClient.next(pair[0]) == nil)
        close(pair[0])
        #expect(try client.asks(Self.header(.dump)) == 0)
    }

    @Test(arguments: [[], [0]])
    func aHelloWithoutASocketForVerdictsIsRefused(_ passed: [Int32]) throws {
        let bench = try Bench()
        let client = try HelloClient(bench.path, passing: passed)
        #expect(try HelloClient.next(client.socket) == nil)
    }

    @Test func aClientThatNeverReadsGetsItsVerdictsAndOthersAreServed() throws {
        let bench = try Bench()
        let deaf = try HelloClient(bench.path)
        _ = try deaf.verdict()
        let other = try HelloClient(bench.path)
        _ = try other.verdict()
        let request = try Self.header(.register)
        // Some 3 MiB of answers: more than its socket takes.
        for _ in 0..<5000 {
            let verdict = try deaf.asks(request)
            try #require(verdict == 0)
        }
        #expect(try other.asks(Self.header(.dump)) == 0)
        #expect(other.ready()?[2] == 2)
    }

    @Test(arguments: [(0, false), (1, true), (2, false), (3, false)] as [(UInt8, Bool)])
    func theTruncationOfSHA256IsTheClients(_ flags: UInt8, _ isShort: Bool) throws {
        let bytes = Array("SWPFKEY1".utf8) + [flags, 0, 0, 0, 0, 0, 0, 0]
        let hello = try #require(PFKeyHello(bytes, ReceivedDescriptors()))
        #expect(hello.dialect(.linux).hasShortSHA256 == isShort)
        var usual = SADBDialect.linux
        usual.hasShortSHA256 = true
        #expect(hello.dialect(usual).hasShortSHA256 == (flags < 2))
    }

    @Test(arguments: ["SWPFKEY2", "SWPFKEY", "swpfkey1"])
    func whatIsNoHelloIsNone(_ magic: String) {
        let bytes = Array(magic.utf8) + [UInt8](repeating: 0, count: 8)
        #expect(PFKeyHello(bytes, ReceivedDescriptors()) == nil)
    }
}
