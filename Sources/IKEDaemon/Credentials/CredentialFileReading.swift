package import Credentials
import Glibc
package import LinuxIO

/// The content of a file, and what the file system says of that very file.
package struct CredentialFile: Sendable {
    package var facts: FileFacts
    package var bytes: [UInt8]

    package init(facts: FileFacts, bytes: [UInt8]) {
        self.facts = facts
        self.bytes = bytes
    }
}

/// How files of credentials are read: functions, so that tests need no files.
package struct CredentialFileReading: Sendable {
    package var read: @Sendable (_ path: String) throws(SystemError) -> CredentialFile
    /// Names in a folder; empty where there is none.
    package var names: @Sendable (_ folder: String) -> [String]
    /// Whom the process runs as.
    package var process: SharedSecretFile.Process

    package init(
        read: @escaping @Sendable (_ path: String) throws(SystemError) -> CredentialFile,
        names: @escaping @Sendable (_ folder: String) -> [String], process: SharedSecretFile.Process
    ) {
        self.read = read
        self.names = names
        self.process = process
    }

    /// The files of this host.
    package static var local: CredentialFileReading {
        CredentialFileReading(
            read: { (path) throws(SystemError) in
                let file = try LocalFile.read(path)
                return CredentialFile(facts: file.facts, bytes: file.bytes)
            }, names: LocalFile.names(in:),
            process: .init(realUser: getuid(), effectiveUser: geteuid()))
    }
}
