import CaptureFile
import Testing

/// Files of both formats, as other programs write them.
struct CaptureReaderTests {
    private static let packet: [UInt8] = [0x45, 1, 2, 3, 4]

    @Test(arguments: ByteOrder.allCases, [(0xa1b2_c3d4, 5_000), (0xa1b2_3c4d, 5)] as [(UInt32, UInt32)])
    func readsPcap(_ order: ByteOrder, _ form: (magic: UInt32, nanoseconds: UInt32)) throws {
        var file = FileOctets.pcap(order, magic: form.magic)
        file.record(1_700_000_000, 5, Self.packet)
        file.record(1_700_000_001, 0, Self.packet, original: 60)
        let (packets, failure) = readAll(file.octets)
        #expect(failure == nil)
        #expect(packets.map(\.record) == [1, 2])
        #expect(
            packets.first?.time == CaptureTime(seconds: 1_700_000_000, nanoseconds: form.nanoseconds))
        #expect(packets.allSatisfy { $0.linkType == .raw && $0.bytes == Self.packet })
        #expect(packets.map(\.missingCount) == [0, 55])
    }

    @Test func ignoresFrameCheckSequenceBits() {
        var file = FileOctets.pcap(.little, linkType: 0x2400_0001)
        file.record(0, 0, Self.packet)
        #expect(readAll(file.octets).packets.map(\.linkType) == [.ethernet])
    }

    /// A section with interfaces of their own link types and clocks, and blocks that hold no packet.
    private static func section(_ order: ByteOrder) -> FileOctets {
        var file = FileOctets(order)
        file.section()
        file.interface(1, options: [(2, Array("eth0".utf8)), (0, [])])
        file.interface(101, options: [(9, [9]), (0, [])])
        let offset = order == .big ? [0, 0, 0, 0, 0, 0, 0, 10] : [10, 0, 0, 0, 0, 0, 0, 0] as [UInt8]
        file.interface(113, snap: 3, options: [(9, [0x82]), (14, offset)])
        // Names, statistics, secrets, an unknown one.
        for type: UInt32 in [4, 5, 10, 0x4000_0001] { file.block(type) { $0.put([1, 2, 3, 4, 5]) } }
        return file
    }

    @Test(arguments: ByteOrder.allCases)
    func readsPcapng(_ order: ByteOrder) throws {
        var file = Self.section(order)
        file.packet(0, ticks: 3_000_001, Self.packet, options: [(1, Array("a comment".utf8)), (0, [])])
        file.packet(1, ticks: 3_000_000_001, Self.packet, original: 9)
        file.packet(2, ticks: 7, [1, 2, 3])
        let (packets, failure) = readAll(file.octets)
        #expect(failure == nil)
        #expect(packets.map(\.linkType) == [.ethernet, .raw, .linuxCooked])
        #expect(packets.map(\.record) == [9, 10, 11])
        #expect(
            packets.map(\.time) == [
                CaptureTime(seconds: 3, nanoseconds: 1000), CaptureTime(seconds: 3, nanoseconds: 1),
                // Quarters of a second, ten seconds later.
                CaptureTime(seconds: 11, nanoseconds: 750_000_000),
            ])
        #expect(packets.map(\.bytes) == [Self.packet, Self.packet, [1, 2, 3]])
        #expect(packets.map(\.missingCount) == [0, 4, 0])
    }

    @Test(arguments: ByteOrder.allCases)
    func readsSimpleAndObsoletePackets(_ order: ByteOrder) {
        var file = FileOctets(order)
        file.section()
        file.interface(101, snap: 4)
        file.block(3) {
            $0.put32(5)
            $0.put([0x45, 1, 2, 3])
        }
        file.block(2) {
            $0.put16(0)
            $0.put16(0)
            for word: UInt32 in [0, 2_000_000, 5, 5] { $0.put32(word) }
            $0.put(Self.packet)
        }
        let (packets, failure) = readAll(file.octets)
        #expect(failure == nil)
        #expect(packets.map(\.bytes) == [[0x45, 1, 2, 3], Self.packet])
        #expect(packets.map(\.time) == [nil, CaptureTime(seconds: 2)])
        #expect(packets.map(\.missingCount) == [1, 0])
    }

    @Test func sectionsHaveTheirOwnOrderAndInterfaces() {
        var file = Self.section(.little)
        file.packet(1, ticks: 0, Self.packet)
        var second = FileOctets(.big)
        second.section()
        second.interface(228)
        second.packet(0, ticks: 0, Self.packet)
        let (packets, failure) = readAll(file.octets + second.octets)
        #expect(failure == nil)
        #expect(packets.map(\.linkType) == [.raw, .ipv4])
    }

    /// Wherever a file is cut, what is before the cut is read, and the record that was cut is named.
    @Test(arguments: [true, false])
    func tellsWhereAFileIsCut(isPcap: Bool) {
        var file = isPcap ? FileOctets.pcap(.little) : Self.section(.little)
        let starts = (0..<3).map { index in
            let start = file.octets.count
            if isPcap {
                file.record(UInt32(index), 0, Self.packet)
            } else {
                file.packet(1, ticks: 0, Self.packet)
            }
            return start
        }
        for count in (starts[0] + 1)..<file.octets.count where !starts.contains(count) {
            let (packets, failure) = readAll(Array(file.octets[..<count]))
            let whole = starts.filter { $0 < count }.count - 1
            #expect(packets.count == whole)
            #expect(failure?.kind == .cutShort, "\(count): \(String(describing: failure))")
            #expect(failure?.offset == UInt64(starts[whole]), "\(String(describing: failure))")
        }
    }

    /// No octet of any value anywhere can bring the reader down.
    @Test func survivesEveryAlteredOctet() {
        var file = Self.section(.big)
        file.packet(1, ticks: 77, Self.packet)
        var failures = 0
        for index in file.octets.indices {
            for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                var octets = file.octets
                octets[index] = value
                if readAll(octets, piece: 4096).failure != nil { failures += 1 }
            }
        }
        #expect(failures > 100)
    }

    @Test func goesPastABlockLargerThanMemoryShouldBe() {
        var head = FileOctets(.little)
        head.section()
        head.put32(0x0bad)
        let total = UInt32(1 << 30)
        head.put32(total)
        var tail = FileOctets(.little)
        tail.put32(total)
        tail.interface(101)
        tail.packet(0, ticks: 0, Self.packet)
        let filling = [UInt8](repeating: 0, count: 1 << 20)
        var left = Int(total) - 12
        var ends = [head.octets, tail.octets]
        var packets = 0
        do throws(CaptureFailure) {
            var reader = try CaptureReader { () throws(CaptureFailure) in
                if ends.count == 2 || left == 0 { return ends.isEmpty ? [] : ends.removeFirst() }
                let count = min(left, filling.count)
                left -= count
                return count == filling.count ? filling : Array(filling[..<count])
            }
            while try reader.next() != nil { packets += 1 }
        } catch {
            Issue.record("\(error)")
        }
        #expect(packets == 1)
    }
}
