import IPsec

/// Which worker owns the SAs of a peer: one for all of them, so that what arrives together is opened together, and a
/// connection's packets of both directions meet on one thread.
struct WorkerAssignment: Sendable {
    private struct Peer {
        let worker: Int
        var associations: Int
    }

    private var peers: [IPAddress: Peer] = [:]
    /// Peers of each worker.
    private var loads: [Int]

    init(workers: Int) {
        loads = Array(repeating: 0, count: max(workers, 1))
    }

    /// The worker for one more SA of a peer: that of the others, else the one with the fewest peers.
    mutating func take(for peer: IPAddress) -> Int {
        if let known = peers[peer] {
            peers[peer]?.associations += 1
            return known.worker
        }
        let worker = loads.indices.min { loads[$0] < loads[$1] } ?? 0
        peers[peer] = Peer(worker: worker, associations: 1)
        loads[worker] += 1
        return worker
    }

    /// Notes that an SA of a peer is gone.
    mutating func release(_ peer: IPAddress) {
        guard let known = peers[peer] else { return }
        peers[peer]?.associations -= 1
        guard known.associations <= 1 else { return }
        peers[peer] = nil
        loads[known.worker] -= 1
    }
}
