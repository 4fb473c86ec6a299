/// What an ELF file says of how its program is started.
package struct ELFProgram: Hashable, Sendable {
    package enum WordSize: UInt8, Hashable, Sendable {
        case bits32 = 1
        case bits64 = 2
    }

    package enum ByteOrder: UInt8, Hashable, Sendable {
        case littleEndian = 1
        case bigEndian = 2
    }

    package let wordSize: WordSize
    package let byteOrder: ByteOrder
    /// The kind of processor, as ELF numbers them: 62 is x86-64, 183 ARM of 64 bits.
    package let machine: UInt16
    /// The program that loads it and its libraries (PT_INTERP); nil if it is linked statically.
    package let interpreter: String?
    /// Whether the Go compiler made it; such programs make system calls without the C library, even where they have it.
    package let isGo: Bool

    static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]

    /// Bounds that the kernel sets: octets of all program headers, and of a path.
    private static let mostHeaderOctets = 65_536
    private static let longestPath = 4096
    /// Bounds of ours for what is looked through for a note.
    private static let mostNotes = 16
    private static let mostNoteOctets = 65_536

    /// - Parameter start: the file's first octets.
    init(
        _ start: [UInt8], _ reading: ProgramFile.Reading<ProgramFileFailure>
    ) throws(ProgramFileFailure) {
        guard start.count > 5, let wordSize = WordSize(rawValue: start[4]),
            let byteOrder = ByteOrder(rawValue: start[5])
        else { throw .malformed("word size and byte order") }
        self.wordSize = wordSize
        self.byteOrder = byteOrder
        let header = ELFRecord(start[...], byteOrder)
        machine = UInt16(try header.number(at: 18, count: 2, of: "header"))
        let segments = try Self.segments(header, wordSize, reading)
        interpreter = try segments.first { $0.kind == .interpreter }
            .map { segment throws(ProgramFileFailure) in try Self.path(segment, reading) }
        var isGo = false
        for segment in segments.filter({ $0.kind == .note }).prefix(Self.mostNotes) where !isGo {
            let octets = try reading(segment.offset, Int(min(segment.count, UInt64(Self.mostNoteOctets))))
            isGo = ELFNote.all(in: ELFRecord(octets[...], byteOrder)).contains(.goBuild)
        }
        self.isGo = isGo
    }

    private static func segments(
        _ header: ELFRecord, _ wordSize: WordSize, _ reading: ProgramFile.Reading<ProgramFileFailure>
    ) throws(ProgramFileFailure) -> [ELFSegment] {
        let is64 = wordSize == .bits64
        let offset = try header.number(at: is64 ? 32 : 28, count: is64 ? 8 : 4, of: "header")
        let size = try header.number(at: is64 ? 54 : 42, count: 2, of: "header")
        let count = try header.number(at: is64 ? 56 : 44, count: 2, of: "header")
        let octets = Int(size * count)
        guard size == ELFSegment.octets(wordSize), count > 0, octets <= mostHeaderOctets else {
            throw .malformed("program headers")
        }
        let table = try reading(offset, octets)
        guard table.count == octets else { throw .truncated("program headers") }
        var segments: [ELFSegment] = []
        for start in stride(from: 0, to: octets, by: Int(size)) {
            let record = ELFRecord(table[start..<start + Int(size)], header.order)
            segments.append(try ELFSegment(record, wordSize))
        }
        return segments
    }

    private static func path(
        _ segment: ELFSegment, _ reading: ProgramFile.Reading<ProgramFileFailure>
    ) throws(ProgramFileFailure) -> String {
        guard (2...UInt64(longestPath)).contains(segment.count) else { throw .malformed("interpreter") }
        let octets = try reading(segment.offset, Int(segment.count))
        guard octets.count == Int(segment.count) else { throw .truncated("interpreter") }
        guard octets.last == 0, let path = String(validating: octets.prefix { $0 != 0 }, as: UTF8.self),
            !path.isEmpty
        else { throw .malformed("interpreter") }
        return path
    }
}

/// One program header: a part of the file, and what it is for.
struct ELFSegment {
    enum Kind: UInt64 {
        case interpreter = 3
        case note = 4
    }

    /// Nil for what does not matter here.
    let kind: Kind?
    let offset: UInt64
    let count: UInt64

    static func octets(_ wordSize: ELFProgram.WordSize) -> UInt64 { wordSize == .bits64 ? 56 : 32 }

    init(_ record: ELFRecord, _ wordSize: ELFProgram.WordSize) throws(ProgramFileFailure) {
        let is64 = wordSize == .bits64
        kind = Kind(rawValue: try record.number(at: 0, count: 4, of: "program headers"))
        offset = try record.number(at: is64 ? 8 : 4, count: is64 ? 8 : 4, of: "program headers")
        count = try record.number(at: is64 ? 32 : 16, count: is64 ? 8 : 4, of: "program headers")
    }
}

/// A remark of the compiler or the linker in the file.
struct ELFNote: Hashable {
    let name: [UInt8]
    let type: UInt64

    /// The identity that Go's linker gives to what it makes.
    static let goBuild = ELFNote(name: Array("Go\0\0".utf8), type: 4)

    /// The notes of a segment, up to the first that is not whole.
    static func all(in record: ELFRecord) -> [ELFNote] {
        var notes: [ELFNote] = []
        var position = 0
        while let nameCount = record.number(at: position, count: 4),
            let textCount = record.number(at: position + 4, count: 4),
            let type = record.number(at: position + 8, count: 4),
            let name = record.octets(at: position + 12, count: Int(nameCount))
        {
            notes.append(ELFNote(name: name, type: type))
            position += 12 + padded(nameCount) + padded(textCount)
        }
        return notes
    }

    private static func padded(_ count: UInt64) -> Int { Int((count + 3) & ~3) }
}

/// Octets with numbers in the file's byte order at fixed places.
struct ELFRecord {
    private let bytes: ArraySlice<UInt8>
    let order: ELFProgram.ByteOrder

    init(_ bytes: ArraySlice<UInt8>, _ order: ELFProgram.ByteOrder) {
        self.bytes = bytes
        self.order = order
    }

    func number(at place: Int, count: Int, of part: String) throws(ProgramFileFailure) -> UInt64 {
        guard let number = number(at: place, count: count) else { throw .truncated(part) }
        return number
    }

    func number(at place: Int, count: Int) -> UInt64? {
        octets(at: place, count: count).map { octets in
            let mostSignificantFirst = order == .bigEndian ? octets : octets.reversed()
            return mostSignificantFirst.reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    func octets(at place: Int, count: Int) -> [UInt8]? {
        let rest = bytes.dropFirst(place)
        guard rest.count >= count else { return nil }
        return Array(rest.prefix(count))
    }
}
