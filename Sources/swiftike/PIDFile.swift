import Glibc
import IKEDaemon
import LinuxIO

/// The file that tells others which process the daemon is.
struct PIDFile {
    private let path: String

    /// A relative name is one under /run/swiftike, as racoon has it under its own directory.
    init(path: String?) {
        let directory = "/run/swiftike"
        let name = path ?? "swiftike.pid"
        self.path = name.hasPrefix("/") ? name : "\(directory)/\(name)"
    }

    /// Without it the daemon works as well, so a failure is only told.
    func write(_ log: Log) {
        do {
            if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
                try FileSystem.makeDirectory(String(path[..<slash]), mode: 0o700)
            }
            try FileSystem.replace(path, with: "\(getpid())\n", mode: 0o644)
        } catch {
            log.warning("the process number is not written: \(error)")
        }
    }

    func remove() {
        try? FileSystem.remove(path)
    }
}
