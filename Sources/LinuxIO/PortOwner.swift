import Glibc
package import IPsec

/// Who holds a UDP port, as far as /proc tells us.
package enum PortOwner {
    /// `charon (process 812)`, or nil if it cannot be found out.
    package static func find(of endpoint: Endpoint) -> String? {
        let table = endpoint.address.family == .ipv4 ? "/proc/self/net/udp" : "/proc/self/net/udp6"
        guard let text = try? LocalFile.read(table).text,
            let inode = inode(ofPort: endpoint.port, in: text)
        else { return nil }
        for process in LocalFile.names(in: "/proc") where Int32(process) != nil {
            let folder = "/proc/\(process)/fd"
            for number in LocalFile.names(in: folder)
            where LocalFile.target(ofLink: "\(folder)/\(number)") == "socket:[\(inode)]" {
                let name = (try? LocalFile.read("/proc/\(process)/comm").text)?.split(separator: "\n").first
                return "\(name ?? "a program") (process \(process))"
            }
        }
        return nil
    }

    /// The inode in the first line of a /proc/net/udp table whose local port is `port`.
    static func inode(ofPort port: UInt16, in table: String) -> Substring? {
        for line in table.split(separator: "\n").dropFirst() {
            let columns = line.split(separator: " ")
            guard columns.count > 9, let digits = columns[1].split(separator: ":").last,
                UInt16(digits, radix: 16) == port
            else { continue }
            return columns[9]
        }
        return nil
    }
}
