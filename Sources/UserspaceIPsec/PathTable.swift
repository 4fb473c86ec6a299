import IPsec
import LinuxIO

/// How long packets may be on the way to each peer, as the kernel knows it by now.
struct PathTable: Sendable {
    private struct Entry {
        let mtu: Int
        let asked: Instant
    }

    private var entries: [IPAddress: Entry] = [:]

    /// How long an answer is good.
    private static let patience = Duration.seconds(10)
    /// Peers remembered; then all are asked about anew.
    private static let limit = 1024

    /// Octets that reach an address unfragmented, with the IP header.
    mutating func mtu(towards remote: IPAddress, now: Instant) -> Int {
        if let entry = entries[remote], now - entry.asked < Self.patience { return entry.mtu }
        if entries.count >= Self.limit { entries = [:] }
        let mtu = (try? LocalAddress.pathMTU(towards: remote, mark: RouteMessages.mark)) ?? DeviceMTU.initial
        entries[remote] = Entry(mtu: mtu, asked: now)
        return mtu
    }
}
