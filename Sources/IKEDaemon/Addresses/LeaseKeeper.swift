import Credentials
package import IPsec
package import Negotiation
import Synchronization

/// Which addresses of ours peers have; the same for all shards, and the same after a restart.
package final class LeaseKeeper: Sendable {
    private struct Pools {
        /// At most one of each family.
        var pools: [AddressPool] = []
        var origin = ""
        var file = ""
        /// What is known to be in the file.
        var written: [IPAddress: Identity] = [:]
    }

    private let pools = Mutex(Pools())
    private let storage: LeaseStorage
    private let log: Log

    package init(storage: LeaseStorage, log: Log) {
        self.storage = storage
        self.log = log
    }

    /// Takes over what a configuration says.
    ///
    /// - Parameter file: where it is kept whose which address is; read where it is another than before.
    package func adopt(_ policy: AddressPoolPolicy?, file: String) {
        pools.withLock { pools in
            let ranges = policy?.ranges ?? []
            pools.pools.removeAll { pool in !ranges.contains { $0.family == pool.family } }
            for range in ranges {
                if let index = pools.pools.firstIndex(where: { $0.family == range.family }) {
                    pools.pools[index].move(to: range)
                } else {
                    pools.pools.append(AddressPool(range))
                }
            }
            pools.origin = policy?.origin ?? ""
            if policy != nil, file != pools.file { restore(&pools, from: file) }
        }
    }

    private func restore(_ pools: inout Pools, from file: String) {
        pools.file = file
        pools.written = [:]
        switch storage.read(file) {
        case .failure(let reason):
            log.warning("\(file): the addresses that peers had cannot be read: \(reason.sentence)")
        case .success(let lines):
            var wrong = 0
            for line in lines {
                guard let record = LeaseRecord(line) else {
                    wrong += 1
                    continue
                }
                for index in pools.pools.indices {
                    pools.pools[index].restore(record.address, of: record.identity)
                }
                pools.written[record.address] = record.identity
            }
            if wrong > 0 { log.warning("\(file): \(wrong) lines are no leases and were left out") }
            compact(&pools, lines: lines.count)
        }
    }

    /// Writes a file anew most of whose lines are out of date.
    private func compact(_ pools: inout Pools, lines: Int) {
        guard lines > 64, lines > pools.written.count * 2 else { return }
        let text = pools.written.map { LeaseRecord(address: $0, identity: $1).line }
        if let reason = storage.replace(pools.file, text) { complain(pools.file, reason) }
    }

    /// Gives an authenticated peer an address of each family that it asks for and we have; at least one.
    package func grant(_ request: LeaseRequest) -> Result<[IPAddress], LeaseFailure> {
        pools.withLock { pools in
            var given: [IPAddress] = []
            var isUsedUp = false
            for index in pools.pools.indices where request.families.contains(pools.pools[index].family) {
                guard let address = pools.pools[index].grant(request) else {
                    isUsedUp = true
                    continue
                }
                given.append(address)
                remember(address, request.identity, &pools)
            }
            guard given.isEmpty else { return .success(given) }
            return .failure(
                LeaseFailure(
                    isUsedUp
                        ? "every address of mode_cfg (\(pools.origin)) is in use; enlarge pool_size"
                        : "mode_cfg (\(pools.origin)) has no address of the family that it asks for; add network4 or "
                            + "network6"))
        }
    }

    private func remember(_ address: IPAddress, _ identity: Identity, _ pools: inout Pools) {
        guard pools.written[address] != identity else { return }
        pools.written[address] = identity
        let line = LeaseRecord(address: address, identity: identity).line
        if let reason = storage.append(pools.file, line) { complain(pools.file, reason) }
    }

    private func complain(_ file: String, _ reason: LeaseFailure) {
        log.warning(
            "\(file): \(reason.sentence); peers may get other addresses after a restart")
    }

    package func release(_ addresses: [IPAddress]) {
        pools.withLock { pools in
            for address in addresses {
                for index in pools.pools.indices where pools.pools[index].family == address.family {
                    pools.pools[index].release(address)
                }
            }
        }
    }
}

/// The files that leases are kept in, as functions, so that tests can stand in for them.
package struct LeaseStorage: Sendable {
    /// The lines; none where there is no such file.
    package var read: @Sendable (_ path: String) -> Result<[String], LeaseFailure>
    /// Adds a line; the reason where that failed.
    package var append: @Sendable (_ path: String, _ line: String) -> LeaseFailure?
    /// Puts lines in place of what there is, all or nothing; the reason where that failed.
    package var replace: @Sendable (_ path: String, _ lines: [String]) -> LeaseFailure?

    package init(
        read: @escaping @Sendable (_ path: String) -> Result<[String], LeaseFailure>,
        append: @escaping @Sendable (_ path: String, _ line: String) -> LeaseFailure?,
        replace: @escaping @Sendable (_ path: String, _ lines: [String]) -> LeaseFailure?
    ) {
        self.read = read
        self.append = append
        self.replace = replace
    }
}
