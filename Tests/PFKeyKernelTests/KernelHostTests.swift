import Glibc
import IPsec
import Netlink
import PFKey
import Synchronization
import TestSupport
import Testing

@testable import LinuxIO
@testable import PFKeyKernel
@testable import PFKeySocket

@_silgen_name("unshare") private func unshare(_ what: Int32) -> Int32

/// A network namespace that a test has to itself, where the kernel knows XFRM and we may do that.
private enum Namespace {
    struct Unavailable: Error {}

    static let isAvailable = (try? run { _ = try Bench().connect() }) != nil

    /// Runs `body` on a thread of its own in a new network namespace.
    static func run(_ body: @escaping @Sendable () throws -> Void) throws {
        let outcome = Mutex<Result<Void, any Error>>(.failure(Unavailable()))
        let kept = Outcome(outcome)
        let thread = try PosixThread(name: "own-namespace") {
            guard unshare(0x4000_0000) == 0 else { return }
            let result = Result { try body() }
            kept.result.withLock { $0 = result }
        }
        thread.join()
        try kept.result.withLock { $0 }.get()
    }

    private final class Outcome: Sendable {
        let result: Mutex<Result<Void, any Error>>

        init(_ result: consuming Mutex<Result<Void, any Error>>) {
            self.result = result
        }
    }
}

/// Clients of the kernel's databases, without the sockets between.
private final class Bench {
    var host = KernelHost(.linux, PFKeyLimits(overflow: .lose)) { _ in }

    static func netlink(_ number: Int32 = 6) -> Int32 {
        socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), number)
    }

    func connect(passing descriptors: [Int32] = [netlink(), netlink()]) throws -> PFKeySeat<KernelPlane> {
        let rights = ReceivedDescriptors()
        rights.add(descriptors)
        let hello = PFKeyHello(Array("SWPFKEY1".utf8) + [UInt8](repeating: 0, count: 8), rights)
        return try host.admit(hello)
    }

    func send(_ message: SADBMessage, from seat: PFKeySeat<KernelPlane>) throws {
        try seat.room.service.receive(try message.encoded(), from: seat.id)
    }

    func take(_ seat: PFKeySeat<KernelPlane>) throws -> [SADBMessage] {
        seat.room.service.tellEvents()
        var messages: [SADBMessage] = []
        while let bytes = seat.room.service.next(for: seat.id) {
            messages.append(try SADBMessage(decoding: bytes.span))
        }
        return messages
    }
}

@Suite(.enabled(if: Namespace.isAvailable)) struct KernelHostTests {
    private static var policy: [SADBExtension] {
        let request = SADBPolicy.Request(protocol: 50, mode: 1, level: 3, requestID: 0)
        return Sample.ends() + [.policy(SADBPolicy(type: 2, direction: 2, priority: 3, requests: [request]))]
    }

    @Test func aPolicyIsToldToAllReadDumpedAndDeletedByItsNumber() throws {
        try Namespace.run {
            let bench = Bench()
            let seats = [try bench.connect(), try bench.connect()]
            #expect(bench.host.rooms.count == 1)
            try bench.send(Sample.message(.policySetIndex, .unspecified, Self.policy), from: seats[0])
            for seat in seats {
                let told = try bench.take(seat)
                #expect(told.map(\.header.type) == [.policyAdd])
                #expect(told.first?.header.process == 99)
                #expect(try told.first?.policy?.requests.first?.requestID ?? 0 >= 0x4000)
            }
            try bench.send(Sample.message(.policyAdd, .unspecified, Self.policy), from: seats[0])
            #expect(try bench.take(seats[0]).map(\.header.error) == [.exists])
            try bench.send(Sample.message(.policyDump, .unspecified, []), from: seats[1])
            let dumped = try #require(try bench.take(seats[1]).first)
            #expect(dumped.header.sequence == 0)
            let index = try #require(dumped.policy?.index)
            let named = [SADBExtension.policy(SADBPolicy(type: 0, direction: 0, index: index))]
            try bench.send(Sample.message(.policyGet, .unspecified, named), from: seats[1])
            try bench.send(Sample.message(.policyDeleteByIndex, .unspecified, named), from: seats[1])
            #expect(try bench.take(seats[1]).map(\.header.type) == [.policyGet, .policyDeleteByIndex])
            #expect(try bench.take(seats[0]).map(\.header.type) == [.policyDeleteByIndex])
            try bench.send(Sample.message(.policyDump, .unspecified, []), from: seats[1])
            #expect(try bench.take(seats[1]).map(\.header.error) == [.noEntry])
        }
    }

    @Test func aChangeIsAnsweredWhereTheKernelsEventIsLost() throws {
        try Namespace.run {
            let bench = Bench()
            let events = Bench.netlink()
            let seat = try bench.connect(passing: [Bench.netlink(), dup(events)])
            // Whoever passed the socket has it leave the group of policies.
            var group: UInt32 = 4
            #expect(unsafe setsockopt(events, 270, 2, &group, 4) == 0)
            close(events)
            try bench.send(Sample.message(.policySetIndex, .unspecified, Self.policy), from: seat)
            let told = try bench.take(seat)
            #expect(told.map(\.header.type) == [.policyAdd])
            #expect(told.first?.policy?.index ?? 0 != 0)
            try bench.send(Sample.message(.policyDelete, .unspecified, Self.policy), from: seat)
            try bench.send(Sample.message(.policyDelete, .unspecified, Self.policy), from: seat)
            let answers = try bench.take(seat)
            #expect(answers.map(\.header.type) == [.policyDelete, .policyDelete])
            #expect(answers.map(\.header.error) == [.none, .noEntry])
        }
    }

    @Test func aLarvalSAIsItsAskersAloneAndAFlushIsToldTwice() throws {
        try Namespace.run {
            let bench = Bench()
            let seats = [try bench.connect(), try bench.connect()]
            try bench.send(Sample.message(.getSPI, .esp, Sample.ends()), from: seats[0])
            let larval = try #require(try bench.take(seats[0]).first)
            #expect(larval.association?.state == SADBState.larval)
            #expect(larval.association?.spi ?? 0 >= 0x100)
            #expect(try bench.take(seats[1]).isEmpty)
            try bench.send(Sample.message(.flush, .ah, []), from: seats[0])
            #expect(try bench.take(seats[0]).map(\.header.type) == [.flush])
            try bench.send(Sample.message(.flush, .esp, []), from: seats[0])
            #expect(try bench.take(seats[0]).map(\.header.type) == [.flush, .flush])
            #expect(try bench.take(seats[1]).map(\.header.satype) == [.esp])
            try bench.send(Sample.message(.get, .esp, Sample.plain), from: seats[0])
            #expect(try bench.take(seats[0]).map(\.header.error) == [.noAssociation])
        }
    }

    @Test func algorithmsAreLookedForInTheKernelAndNothingIsAdded() throws {
        try Namespace.run {
            let bench = Bench()
            let seat = try bench.connect()
            try bench.send(Sample.message(.register, .esp, []), from: seat)
            try bench.send(Sample.message(.register, .esp, []), from: seat)
            let answers = try bench.take(seat)
            #expect(answers.map(\.header.error) == [.none, .exists])
            let ciphers = try #require(answers.first?.supported(.encryption)).algorithms.map(\.number)
            // In the kernel's order, and AES is in every kernel with XFRM.
            #expect(ciphers.contains(12))
            #expect(KernelAlgorithm.encryption.map(\.number).filter(ciphers.contains) == ciphers)
            try bench.send(Sample.message(.dump, .unspecified, []), from: seat)
            #expect(try bench.take(seat).map(\.header.error) == [.noEntry])
        }
    }

    @Test func socketsOfAnotherKindAreRefusedAndAnEmptyRoomGoes() throws {
        try Namespace.run {
            let bench = Bench()
            for (descriptors, number) in [
                ([], .noFamily), ([Bench.netlink()], .noFamily),
                ([Bench.netlink(0), Bench.netlink()], .invalid),
                ([dup(0), dup(0)], .invalid),
            ] as [([Int32], SADBErrorNumber)] {
                let refusal = #expect(throws: PFKeyRefusal.self) {
                    _ = try bench.connect(passing: descriptors)
                }
                #expect(refusal?.number == number)
            }
            #expect(throws: PFKeyRefusal.self) { _ = try bench.host.admit(nil) }
            let seat = try bench.connect()
            #expect(bench.host.rooms.count == 1)
            bench.host.release(seat)
            #expect(bench.host.rooms.isEmpty)
        }
    }
}
