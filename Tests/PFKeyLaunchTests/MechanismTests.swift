import LinuxIO
import PFKeyLaunch
import ProgramFormat
import Testing

@Suite struct MechanismTests {
    /// An ELF file of no more than its header, one program header for its loader, and one for its note.
    private static func program(loader: String?, isGo: Bool = false, machine: UInt8 = 62, bits: UInt8 = 2)
        throws
        -> ELFProgram
    {
        var bytes = [UInt8](repeating: 0, count: 64 + 2 * 56)
        bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, bits, 1])
        bytes[18] = machine
        bytes[bits == 2 ? 32 : 28] = 64
        bytes[bits == 2 ? 54 : 42] = bits == 2 ? 56 : 32
        bytes[bits == 2 ? 56 : 44] = 2
        if let loader {
            bytes[64] = 3
            bytes[72] = UInt8(bytes.count)
            bytes[96] = UInt8(loader.utf8.count + 1)
            bytes += Array(loader.utf8) + [0]
        }
        if isGo {
            bytes[120] = 4
            bytes[128] = UInt8(bytes.count)
            bytes[152] = 16
            bytes += [4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0] + Array("Go\0\0".utf8)
        }
        let file = try ProgramFile { (offset, count) throws(ProgramFileFailure) in
            Array(bytes.dropFirst(Int(offset)).prefix(count))
        }
        guard case .elf(let program) = file else { throw ProgramFileFailure.neither }
        return program
    }

    private static let loader = "/lib64/ld-linux-x86-64.so.2"

    private struct Example: CustomTestStringConvertible {
        var loader: String?
        var isGo = false
        var gainsRights = false
        var obstacle: Mechanism.Reason?
        var testDescription: String { obstacle?.description ?? "nothing in the way" }
    }

    private static let examples = [
        Example(loader: loader, obstacle: nil),
        Example(loader: nil, obstacle: .linkedStatically),
        Example(loader: loader, isGo: true, obstacle: .madeByGo),
        Example(loader: "/lib/ld-musl-x86_64.so.1", obstacle: .otherLoader("/lib/ld-musl-x86_64.so.1")),
        Example(loader: loader, gainsRights: true, obstacle: .gainsRights),
    ]

    @Test(arguments: examples)
    private func prefersTheLibraryWhereItCanServe(example: Example) throws {
        let own = try Self.program(loader: Self.loader)
        let program = try Self.program(loader: example.loader, isGo: example.isGo)
        func chosen(_ request: Mechanism.Request) throws(LaunchFailure) -> Mechanism {
            try Mechanism.choose(request, for: program, own: own, gainsRights: example.gainsRights)
        }
        #expect(try chosen(.seccomp) == .seccomp(.requested))
        if let obstacle = example.obstacle {
            #expect(try chosen(.automatic) == .seccomp(obstacle))
            #expect(throws: LaunchFailure.noPreload(obstacle)) { try chosen(.preload) }
        } else {
            #expect(try chosen(.automatic) == .preload)
            #expect(try chosen(.preload) == .preload)
        }
    }

    @Test(arguments: Mechanism.Request.allCases)
    func refusesOtherMachines(request: Mechanism.Request) throws {
        let own = try Self.program(loader: Self.loader)
        for other in [
            try Self.program(loader: Self.loader, machine: 183),
            try Self.program(loader: nil, machine: 62, bits: 1),
        ] {
            #expect(throws: LaunchFailure.otherMachine) {
                try Mechanism.choose(request, for: other, own: own, gainsRights: false)
            }
        }
    }

    @Test(arguments: [
        (LaunchFailure.notFound("x"), 127, "x: no such program"),
        (.notExecutable("/x", "because"), 126, "because"),
        (.tooManyInterpreters("/x"), 126, "interpreter"), (.otherMachine, 126, "processor"),
        (.noPreload(.madeByGo), 69, "Go"), (.noLibrary(["/a", "/b"]), 72, "/a, /b"),
        (.noServer("why"), 69, "why"),
        (.noStart("why"), 71, "why"),
    ])
    func saysWhatIsWrong(failure: LaunchFailure, status: Int32, words: String) {
        #expect(failure.exitStatus == status)
        #expect(failure.description.contains(words))
    }

    @Test func findsProgramsAsAShellDoes() throws {
        let shell = try FoundProgram("sh", searchPath: "/nonexistent:/bin")
        #expect(shell.path == "/bin/sh")
        #expect(shell.elf.interpreter != nil && !shell.gainsRights)
        #expect(throws: LaunchFailure.notFound("sh")) { try FoundProgram("sh", searchPath: "/nonexistent") }
        #expect(throws: LaunchFailure.self) { try FoundProgram("/etc/passwd", searchPath: nil) }
        #expect(throws: LaunchFailure.self) { try FoundProgram("/nonexistent", searchPath: nil) }
        #expect(try FoundProgram.ourselves().elf.machine == shell.elf.machine)
    }

    @Test func tellsTheLibraryOfTheServer() {
        let launch = PFKeyLaunch(
            server: PFKeyServerChoice(path: "/s", truncation: .bits96), mechanism: .automatic, library: nil,
            serverProgram: nil, words: ["x"],
            environment: ["A=1", "SWIFTPFKEY_SOCKET=/old", "LD_PRELOAD=other.so", "SWIFTPFKEY_SHA256=128"])
        #expect(
            launch.preloading("/lib.so") == [
                "A=1", "SWIFTPFKEY_SOCKET=/s", "SWIFTPFKEY_SHA256=96", "LD_PRELOAD=/lib.so:other.so",
            ])
    }
}
