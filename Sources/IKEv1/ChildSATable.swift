import IPsec

/// All child SAs of an endpoint, found by either of their SPIs.
struct ChildSATable {
    private var children: [SecurityAssociationID: ChildSA] = [:]
    private var byOutbound: [SecurityAssociationID: SecurityAssociationID] = [:]
    private var countByPeer: [IPAddress: Int] = [:]

    var all: some Sequence<ChildSA> { children.values }
    var count: Int { children.count }

    /// A child by its inbound SA.
    subscript(id: SecurityAssociationID) -> ChildSA? { children[id] }

    /// The inbound SA of the pair that an SA of either direction belongs to.
    func pair(of id: SecurityAssociationID) -> SecurityAssociationID? {
        children[id] == nil ? byOutbound[id] : id
    }

    func count(with remote: IPAddress) -> Int { countByPeer[remote] ?? 0 }

    mutating func insert(_ child: ChildSA) {
        children[child.id] = child
        byOutbound[child.outbound.id] = child.id
        countByPeer[child.remoteAddress, default: 0] += 1
    }

    mutating func update(_ id: SecurityAssociationID, _ change: (inout ChildSA) -> Void) {
        guard var child = children[id] else { return }
        change(&child)
        children[id] = child
    }

    @discardableResult
    mutating func remove(_ id: SecurityAssociationID) -> ChildSA? {
        guard let child = children.removeValue(forKey: id) else { return nil }
        if byOutbound[child.outbound.id] == id { byOutbound[child.outbound.id] = nil }
        let left = count(with: child.remoteAddress) - 1
        countByPeer[child.remoteAddress] = left > 0 ? left : nil
        return child
    }
}
