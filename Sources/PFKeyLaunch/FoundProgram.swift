import LinuxIO
package import ProgramFormat

/// A program as it will be started: its file, and what is in it.
package struct FoundProgram: Hashable, Sendable {
    /// Of the file that is started; a script's own.
    package let path: String
    /// The machine code that runs; of a script's interpreter.
    package let elf: ELFProgram
    /// Whether starting it gives rights that the starter does not have.
    package let gainsRights: Bool

    /// Interpreters of interpreters, as many as the kernel follows.
    private static let mostInterpreters = 4
    private static let defaultSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Finds a program as a shell does.
    ///
    /// - Parameter searchPath: folders, separated by colons.
    package init(_ name: String, searchPath: String?) throws(LaunchFailure) {
        let path = try Self.path(of: name, searchPath ?? Self.defaultSearchPath)
        var file = path
        for _ in 0...Self.mostInterpreters {
            switch try Self.content(of: file) {
            case .elf(let elf):
                self.path = path
                self.elf = elf
                gainsRights = Self.givesRights(file)
                return
            case .script(let interpreter): file = interpreter
            }
        }
        throw .tooManyInterpreters(path)
    }

    /// The program that runs this code.
    package static func ourselves() throws(LaunchFailure) -> FoundProgram {
        try FoundProgram("/proc/self/exe", searchPath: nil)
    }

    private static func path(of name: String, _ searchPath: String) throws(LaunchFailure) -> String {
        if name.contains("/") { return name }
        let folders = searchPath.split(separator: ":", omittingEmptySubsequences: false)
        let paths = folders.map { $0.isEmpty ? name : "\($0)/\(name)" }
        guard let path = paths.first(where: Self.isProgram) else { throw .notFound(name) }
        return path
    }

    private static func isProgram(_ path: String) -> Bool {
        (try? LocalFile.facts(of: path).kind) == .regular && ReplacedProgram.isExecutable(path)
    }

    private static func content(of path: String) throws(LaunchFailure) -> ProgramFile {
        do throws(ProgramFileFailure) {
            return try ProgramFile { (offset, count) throws(ProgramFileFailure) in
                do throws(SystemError) {
                    return try LocalFile.read(path, from: offset, atMost: count)
                } catch {
                    throw .unreadable("\(error)")
                }
            }
        } catch {
            throw .notExecutable(path, "\(error)")
        }
    }

    private static func givesRights(_ path: String) -> Bool {
        guard let facts = try? LocalFile.facts(of: path) else { return false }
        return facts.mode & 0o6000 != 0 || LocalFile.hasCapabilities(path)
    }
}
