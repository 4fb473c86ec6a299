import LinuxIO
import Testing

@testable import PFKeyLaunch

/// A program's memory: octets at an address, and nothing beside them.
private struct Memory {
    static let address: UInt64 = 0x7000
    var bytes: [UInt8]

    func read(_ address: UInt64, _ count: Int) -> [UInt8]? {
        guard let offset = Int(exactly: address), offset >= Int(Self.address) else { return nil }
        let rest = bytes.dropFirst(offset - Int(Self.address))
        return rest.count >= count ? Array(rest.prefix(count)) : nil
    }

    mutating func put(_ number: UInt64, _ count: Int = 8) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> (UInt64(index) * 8))) }
    }
}

@Suite struct SentMessageTests {
    private static let text: [UInt8] = Array("0123456789abcdef".utf8)
    private static let address = Memory.address

    /// The text, an iovec of two pieces of it, and a msghdr of that.
    private static func memory(pieces: UInt64 = 2) -> Memory {
        var memory = Memory(bytes: text)
        for (start, count) in [(0, 10), (10, 6)] as [(UInt64, UInt64)] {
            memory.put(address + start)
            memory.put(count)
        }
        for number in [0, 0, address + 16, pieces, 0, 0, 0] as [UInt64] { memory.put(number) }
        return memory
    }
    private static let iovec = address + 16
    private static let header = address + 48

    private static let ways: [(SystemCall, [UInt64], Int32, UInt64?)] = [
        (.sendTo, [5, address, 16, 0x40, 0, 0], 0x40, nil),
        (.write, [5, address, 16], 0, nil),
        (.writeVector, [5, iovec, 2], 0, nil),
        (.sendMessage, [5, header, 1], 1, nil),
        (.sendMessages, [5, header, 3, 2], 2, header + 56),
    ]

    @Test(arguments: ways)
    func readsEachWayOfSending(call: SystemCall, arguments: [UInt64], flags: Int32, place: UInt64?) throws {
        let message = try SentMessage(call, arguments, read: Self.memory().read)
        #expect(message.bytes == Self.text)
        #expect(message.flags == flags)
        #expect(message.countPlace == place)
    }

    @Test(arguments: ways)
    func refusesWhatIsNotThere(call: SystemCall, arguments: [UInt64], flags: Int32, place: UInt64?) {
        var elsewhere = arguments
        elsewhere[1] = 0xffff_ffff_ffff_fff0
        #expect(throws: SentMessage.Failure.unreadable) {
            try SentMessage(call, elsewhere, read: Self.memory().read)
        }
    }

    @Test func refusesWhatIsTooLong() {
        let memory = Self.memory()
        #expect(throws: SentMessage.Failure.tooLong) {
            try SentMessage(.sendTo, [5, Self.address, 1 << 20 + 1, 0], read: memory.read)
        }
        #expect(throws: SentMessage.Failure.tooLong) {
            try SentMessage(.write, [5, Self.address, .max], read: memory.read)
        }
        #expect(throws: SentMessage.Failure.tooLong) {
            try SentMessage(.writeVector, [5, Self.iovec, 1025], read: memory.read)
        }
        #expect(throws: SentMessage.Failure.tooLong) {
            try SentMessage(.sendMessage, [5, Self.header, 0], read: Self.memory(pieces: .max).read)
        }
        // Pieces that are long together, or whose lengths would overflow.
        for count: UInt64 in [1 << 19 + 1, 1 << 63] {
            var pieces = Memory(bytes: [UInt8](repeating: 0, count: 1 << 20))
            for _ in 0..<2 {
                pieces.put(Self.address)
                pieces.put(count)
            }
            #expect(throws: SentMessage.Failure.tooLong) {
                try SentMessage(.writeVector, [5, Self.address + 1 << 20, 2], read: pieces.read)
            }
        }
    }

    @Test func sendsNothingWhereThereIsNothing() {
        #expect(throws: SentMessage.Failure.nothing) {
            try SentMessage(.sendMessages, [5, Self.header, 0, 0], read: Self.memory().read)
        }
    }
}
