/// What the file of a program is: machine code in an ELF file, or a script with its interpreter.
///
/// Read within bounds, as the kernel reads it; the file may be anybody's.
package enum ProgramFile: Hashable, Sendable {
    case elf(ELFProgram)
    case script(interpreter: String)

    /// Reads octets of the file: as many as there are from an offset on, at most so many.
    package typealias Reading<Failure: Error> = (_ offset: UInt64, _ count: Int) throws(Failure) -> [UInt8]

    /// What the kernel looks at to tell what it is.
    private static let firstOctets = 256

    /// Reads the file; what comes from `reading` is asked for in a few pieces, of 64 KiB at most.
    package init(reading: Reading<ProgramFileFailure>) throws(ProgramFileFailure) {
        let start = try reading(0, Self.firstOctets)
        if start.starts(with: ELFProgram.magic) {
            self = .elf(try ELFProgram(start, reading))
        } else if start.starts(with: "#!".utf8) {
            self = .script(interpreter: try Self.interpreter(of: start))
        } else {
            throw .neither
        }
    }

    /// The first word of the first line, after its `#!`.
    private static func interpreter(of start: [UInt8]) throws(ProgramFileFailure) -> String {
        let blanks: [UInt8] = [0x20, 0x09]
        let line = start.dropFirst(2).prefix { $0 != 0x0a && $0 != 0 }
        let path = line.drop { blanks.contains($0) }.prefix { !blanks.contains($0) }
        guard !path.isEmpty else { throw .scriptWithoutInterpreter }
        // The kernel gives up where the path may go on behind what it looked at.
        guard path.endIndex < start.endIndex || start.count < firstOctets else {
            throw .scriptWithoutInterpreter
        }
        guard let interpreter = String(validating: path, as: UTF8.self) else {
            throw .scriptWithoutInterpreter
        }
        return interpreter
    }
}

/// Why a file is no program that can be started.
package enum ProgramFileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// It could not be read; why.
    case unreadable(String)
    case neither
    case scriptWithoutInterpreter
    /// The ELF file ends before the end of this part.
    case truncated(String)
    /// A part of the ELF file that is not as it must be.
    case malformed(String)

    package var description: String {
        switch self {
        case .unreadable(let reason): reason
        case .neither: "it is neither an ELF file nor a script that begins with #!"
        case .scriptWithoutInterpreter: "its first line names no interpreter after #!"
        case .truncated(let part): "the ELF file ends within its \(part)"
        case .malformed(let part): "the ELF file has no valid \(part)"
        }
    }
}
