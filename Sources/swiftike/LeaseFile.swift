import Glibc
import IKEDaemon
import LinuxIO
import Negotiation

extension LeaseStorage {
    /// Files of this host, readable by their owner alone; directories that are missing are made.
    static let files = LeaseStorage(
        read: { path in
            do throws(SystemError) {
                return .success(try LocalFile.read(path).text.split(separator: "\n").map(String.init))
            } catch {
                return error.code == ENOENT ? .success([]) : .failure(LeaseFailure("\(error)"))
            }
        },
        append: { path, line in
            trouble { () throws(SystemError) in
                try FileSystem.makeDirectory(directory(of: path), mode: 0o700)
                try FileSystem.append(line + "\n", to: path, mode: 0o600)
            }
        },
        replace: { path, lines in
            trouble { () throws(SystemError) in
                try FileSystem.replace(path, with: lines.map { $0 + "\n" }.joined(), mode: 0o600)
            }
        })

    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func trouble(_ action: () throws(SystemError) -> Void) -> LeaseFailure? {
        do throws(SystemError) {
            try action()
            return nil
        } catch { return LeaseFailure("\(error)") }
    }
}
