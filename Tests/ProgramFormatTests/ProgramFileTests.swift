import ProgramFormat
import Testing

/// An ELF file made of its parts.
private struct Sketch: CustomTestStringConvertible {
    var is64 = true
    var isBig = false
    var machine: UInt16 = 62
    var interpreter: String?
    var notes: [(name: String, type: Int, text: [UInt8])] = []
    var testDescription: String {
        "\(is64 ? 64 : 32) bits, \(isBig ? "big" : "little")-endian, \(interpreter ?? "static"), \(notes.count) notes"
    }

    private func number(_ value: Int, _ count: Int) -> [UInt8] {
        let octets = (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        return isBig ? octets.reversed() : octets
    }

    private func segment(_ type: Int, _ offset: Int, _ count: Int) -> [UInt8] {
        let parts: [(Int, Int)] =
            is64
            ? [(type, 4), (4, 4), (offset, 8), (0, 16), (count, 8), (0, 16)]
            : [(type, 4), (offset, 4), (0, 8), (count, 4), (0, 12)]
        return numbers(parts)
    }

    private func numbers(_ parts: [(Int, Int)]) -> [UInt8] {
        parts.flatMap { number($0.0, $0.1) }
    }

    private static func padded(_ octets: [UInt8]) -> [UInt8] {
        octets + [UInt8](repeating: 0, count: (4 - octets.count % 4) % 4)
    }

    private var noteOctets: [UInt8] {
        var octets: [UInt8] = []
        for note in notes {
            octets += numbers([(note.name.utf8.count, 4), (note.text.count, 4), (note.type, 4)])
            octets += Self.padded(Array(note.name.utf8))
            octets += Self.padded(note.text)
        }
        return octets
    }

    var bytes: [UInt8] {
        let headerCount = is64 ? 64 : 52
        let entry = is64 ? 56 : 32
        let path: [UInt8] = interpreter.map { Array($0.utf8) + [0] } ?? []
        let count = 1 + (interpreter == nil ? 0 : 1) + (notes.isEmpty ? 0 : 1)
        let pathOffset = headerCount + count * entry
        var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, isBig ? 2 : 1, 1]
        bytes += number(0, 9)
        bytes += numbers([(2, 2), (Int(machine), 2), (1, 4)])
        bytes += numbers(is64 ? [(0, 8), (64, 8), (0, 8)] : [(0, 4), (52, 4), (0, 4)])
        bytes += numbers([(0, 4), (headerCount, 2), (entry, 2), (count, 2), (0, 6)])
        bytes += segment(1, 0, 4096)
        if interpreter != nil { bytes += segment(3, pathOffset, path.count) }
        if !notes.isEmpty { bytes += segment(4, pathOffset + path.count, noteOctets.count) }
        return bytes + path + noteOctets
    }
}

private func read(_ bytes: [UInt8]) throws(ProgramFileFailure) -> ProgramFile {
    try ProgramFile { (offset, count) throws(ProgramFileFailure) in
        #expect(count <= 65_536)
        return Array(bytes.dropFirst(Int(clamping: offset)).prefix(count))
    }
}

@Suite struct ProgramFileTests {
    private static let loader = "/lib64/ld-linux-x86-64.so.2"
    private static let other = (name: "GNU\0", type: 3, text: [UInt8](repeating: 7, count: 21))
    private static let go = (name: "Go\0\0", type: 4, text: Array("identity".utf8))

    private static let sketches: [(Sketch, Bool)] = [
        (Sketch(), false),
        (Sketch(interpreter: loader), false),
        (Sketch(interpreter: loader, notes: [other]), false),
        (Sketch(notes: [other, go]), true),
        (Sketch(interpreter: loader, notes: [go]), true),
        (Sketch(is64: false, machine: 3, interpreter: "/lib/ld-linux.so.2", notes: [other]), false),
        (Sketch(is64: false, isBig: true, machine: 8, notes: [other, go]), true),
        (Sketch(isBig: true, machine: 22, interpreter: "/lib/ld64.so.1", notes: [other]), false),
        // Not Go's: another number, another name.
        (Sketch(notes: [(name: "Go\0\0", type: 3, text: [])]), false),
        (Sketch(notes: [(name: "Go", type: 4, text: [])]), false),
    ]

    @Test(arguments: sketches)
    private func tellsHowAProgramIsStarted(sketch: Sketch, isGo: Bool) throws {
        guard case .elf(let program) = try read(sketch.bytes) else {
            Issue.record("not taken for an ELF file")
            return
        }
        #expect(program.interpreter == sketch.interpreter)
        #expect(program.isGo == isGo)
        #expect(program.machine == sketch.machine)
        #expect(program.wordSize == (sketch.is64 ? .bits64 : .bits32))
        #expect(program.byteOrder == (sketch.isBig ? .bigEndian : .littleEndian))
    }

    @Test(arguments: sketches)
    private func refusesWhatIsCutOff(sketch: Sketch, isGo: Bool) {
        let bytes = sketch.bytes
        let noteCount = sketch.notes.isEmpty ? 0 : 1
        for count in 0..<bytes.count {
            let result = Result { () throws(ProgramFileFailure) in try read(Array(bytes.prefix(count))) }
            // Notes alone may be cut: they only tell who made it.
            if noteCount == 0 { #expect(throws: ProgramFileFailure.self) { try result.get() } }
        }
    }

    @Test func refusesHeadersThatLie() throws {
        var bytes = Sketch(interpreter: Self.loader).bytes
        bytes[56] = 0xff
        bytes[57] = 0xff
        #expect(throws: ProgramFileFailure.malformed("program headers")) { try read(bytes) }
        bytes = Sketch(interpreter: Self.loader).bytes
        for index in 32..<40 { bytes[index] = 0xff }
        #expect(throws: ProgramFileFailure.truncated("program headers")) { try read(bytes) }
        bytes = Sketch(interpreter: Self.loader).bytes
        bytes[54] = 32
        #expect(throws: ProgramFileFailure.malformed("program headers")) { try read(bytes) }
        bytes = Sketch(interpreter: Self.loader).bytes
        // The length of the interpreter's path, and its last octet.
        for index in 152..<160 { bytes[index] = 0xff }
        #expect(throws: ProgramFileFailure.malformed("interpreter")) { try read(bytes) }
        bytes = Sketch(interpreter: Self.loader).bytes
        bytes[bytes.count - 1] = 0x78
        #expect(throws: ProgramFileFailure.malformed("interpreter")) { try read(bytes) }
        bytes = Sketch().bytes
        bytes[4] = 3
        #expect(throws: ProgramFileFailure.malformed("word size and byte order")) { try read(bytes) }
    }

    @Test(arguments: [
        ("#!/bin/sh\n", "/bin/sh"), ("#! \t/usr/bin/env -S perl\n", "/usr/bin/env"), ("#!/bin/sh", "/bin/sh"),
        ("#!/bin/sh\0", "/bin/sh"),
    ])
    func findsTheInterpreterOfAScript(text: String, interpreter: String) throws {
        #expect(try read(Array(text.utf8)) == .script(interpreter: interpreter))
    }

    @Test(arguments: ["#!", "#!\n/bin/sh", "#!   \n", "#!" + String(repeating: "x", count: 300)])
    func refusesScriptsWithoutOne(text: String) {
        #expect(throws: ProgramFileFailure.scriptWithoutInterpreter) { try read(Array(text.utf8)) }
    }

    @Test(arguments: ["", "MZ", "\u{7f}ELG", "#/bin/sh"])
    func refusesWhatIsNeither(text: String) {
        #expect(throws: ProgramFileFailure.neither) { try read(Array(text.utf8)) }
    }

    @Test(arguments: [
        (ProgramFileFailure.unreadable("open x: no"), "open x: no"), (.neither, "neither"),
        (.scriptWithoutInterpreter, "#!"), (.truncated("header"), "header"),
        (.malformed("interpreter"), "interpreter"),
    ])
    func saysWhatIsWrong(failure: ProgramFileFailure, word: String) {
        #expect(failure.description.contains(word))
    }
}
