import Glibc

/// Whether a program may be run with our rights: nobody but root and ourselves can have changed it.
package enum TrustedProgram {
    /// Why a program is not run; a sentence.
    package struct Objection: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String

        init(_ sentence: String) { description = sentence }
    }

    /// The path without symbolic links of a program that is to be trusted.
    ///
    /// It and every folder above it belong to root or to whom we run as, and no others may write there; to a folder such as
    /// `/tmp`, where nobody may touch what is another's, they may.
    package static func resolve(_ path: String) throws(Objection) -> String {
        guard path.hasPrefix("/") else { throw Objection("'\(path)' does not begin with '/'") }
        guard let program = LocalFile.resolved(path) else {
            throw Objection("\(path): \(SystemError.text(of: errno))")
        }
        let facts = try facts(of: program)
        guard facts.kind == .regular else { throw Objection("\(program) is no file") }
        guard facts.mode & 0o111 != 0 else {
            throw Objection("\(program) cannot be executed; chmod 755 changes that")
        }
        try check(program, facts)
        var folder = program
        while let slash = folder.lastIndex(of: "/"), folder != "/" {
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
            try check(folder, try Self.facts(of: folder))
        }
        return program
    }

    private static func facts(of path: String) throws(Objection) -> FileFacts {
        do { return try LocalFile.facts(of: path) } catch { throw Objection("\(error)") }
    }

    private static func check(_ path: String, _ facts: FileFacts) throws(Objection) {
        guard facts.owner == 0 || facts.owner == geteuid() else {
            throw Objection(
                "\(path) belongs to user \(facts.owner), who could have changed it; chown root it")
        }
        let isShared = facts.kind == .directory && facts.mode & 0o1000 != 0
        guard facts.mode & 0o022 == 0 || isShared else {
            throw Objection("others may write \(path); chmod go-w it")
        }
    }
}
