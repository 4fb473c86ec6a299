import Glibc

/// A file that lines are added to, such as a log.
///
/// Writing is allowed from any thread.
package final class AppendedFile: Sendable {
    private let descriptor: FileDescriptor

    /// Opens a file, making it with `mode` if it is not there.
    package init(path: String, mode: UInt32 = 0o600) throws(SystemError) {
        let number = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, mode_t(mode))
        guard number >= 0 else { throw SystemError("open \(path)") }
        descriptor = FileDescriptor(owning: number)
    }

    /// Writes to an open descriptor, such as standard error (2), which stays open.
    package init(duplicating number: Int32) throws(SystemError) {
        descriptor = try FileDescriptor.duplicate(number)
    }

    /// Adds a text in one write, so that lines of several threads do not mix; a full disk is not an error here.
    package func append(_ text: String) {
        var text = text
        text.withUTF8 { octets in
            _ = unsafe Glibc.write(descriptor.number, octets.baseAddress, octets.count)
        }
    }
}
