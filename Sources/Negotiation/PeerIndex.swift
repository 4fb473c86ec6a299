import IPsec

/// Finds the blocks for an address in a time that does not grow with their number, as anybody can ask.
struct PeerIndex: Hashable, Sendable {
    private struct Entry: Hashable, Sendable {
        let position: Int
        let port: UInt16?
    }

    /// All of them in file order, so that whoever follows one shares it.
    let blocks: [Boxed<PeerPolicy>]
    private var byAddress: [IPAddress: [Entry]] = [:]
    private var anonymous: [Int] = []

    init(_ peers: [PeerPolicy]) {
        blocks = peers.map { Boxed(wrappedValue: $0) }
        for (position, peer) in peers.enumerated() {
            switch peer.match {
            case .anonymous: anonymous.append(position)
            case .address(let address, let port):
                byAddress[address, default: []].append(Entry(position: position, port: port))
            }
        }
    }

    /// Where the most specific blocks for a peer stand, in file order.
    ///
    /// A peer's port is changed by NAT and by floating, so that it can only raise the rank.
    func positions(for remote: Endpoint) -> [Int] {
        guard let entries = byAddress[remote.address] else { return anonymous }
        let exact = entries.filter { $0.port == remote.port }
        return (exact.isEmpty ? entries : exact).map(\.position)
    }
}
