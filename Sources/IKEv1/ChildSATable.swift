import Credentials
import IPsec
import Negotiation

/// All child SAs of an endpoint, found by either of their SPIs.
struct ChildSATable {
    /// What a pair protects.
    struct Traffic: Hashable {
        let local: TrafficSelector
        let remote: TrafficSelector
    }

    private var children = AssociationTable<SecurityAssociationID, ChildSA>()
    private var byOutbound: [SecurityAssociationID: SecurityAssociationID] = [:]
    private var byTraffic: [Traffic: SmallSet<SecurityAssociationID>] = [:]
    private var byAddress: [IPAddress: SmallSet<SecurityAssociationID>] = [:]
    private var byIdentity: [Identity: SmallSet<SecurityAssociationID>] = [:]
    /// Those that bring policies, by the number in these.
    private var byPolicies: [UInt32: SmallSet<SecurityAssociationID>] = [:]

    var all: some Sequence<ChildSA> { children.values }
    var count: Int { children.count }

    /// A child by its inbound SA.
    subscript(id: SecurityAssociationID) -> ChildSA? { children[id] }

    /// The inbound SA of the pair that an SA of either direction belongs to.
    func pair(of id: SecurityAssociationID) -> SecurityAssociationID? {
        children[id] == nil ? byOutbound[id] : id
    }

    /// Those for the traffic between two selectors.
    func between(_ local: TrafficSelector, _ remote: TrafficSelector) -> [ChildSA] {
        (byTraffic[Traffic(local: local, remote: remote)]?.elements ?? []).compactMap { children[$0] }
    }

    /// Those that protect the same traffic with the same peer, current ones and others.
    ///
    /// Many peers may protect the same traffic, and one peer much: the fewer of both are looked through.
    func protectingSame(as child: ChildSA) -> [ChildSA] {
        guard let samePeer = byIdentity[child.peerIdentity], let sameTraffic = byTraffic[child.traffic] else {
            return []
        }
        return (samePeer.count < sameTraffic.count ? samePeer : sameTraffic).elements
            .compactMap { children[$0] }.filter { $0.protectsSame(as: child) }
    }

    /// Whether there are any that brought policies with a number.
    func broughtPolicies(_ requestID: UInt32) -> Bool { byPolicies[requestID] != nil }

    /// Those with a peer, by their inbound SAs.
    func with(_ peer: Identity) -> Set<SecurityAssociationID> { byIdentity[peer]?.elements ?? [] }

    /// How many there are with a peer.
    func count(with peer: Identity) -> Int { byIdentity[peer]?.count ?? 0 }

    /// Whether there are any with a peer's address.
    func contains(_ remote: IPAddress) -> Bool { byAddress[remote] != nil }

    mutating func insert(_ child: ChildSA) {
        children[child.id] = child
        byOutbound[child.outbound.id] = child.id
        byTraffic[child.traffic, default: SmallSet()].insert(child.id)
        byAddress[child.remoteAddress, default: SmallSet()].insert(child.id)
        byIdentity[child.peerIdentity, default: SmallSet()].insert(child.id)
        if child.request.bringsPolicies {
            byPolicies[child.request.requestID, default: SmallSet()].insert(child.id)
        }
    }

    mutating func update(_ id: SecurityAssociationID, _ change: (inout ChildSA) -> Void) {
        if let place = children.place(of: id) { change(&place.association) }
    }

    @discardableResult
    mutating func remove(_ id: SecurityAssociationID) -> ChildSA? {
        guard let child = children[id] else { return nil }
        children[id] = nil
        if byOutbound[child.outbound.id] == id { byOutbound[child.outbound.id] = nil }
        byTraffic.remove(id, for: child.traffic)
        byAddress.remove(id, for: child.remoteAddress)
        byIdentity.remove(id, for: child.peerIdentity)
        byPolicies.remove(id, for: child.request.requestID)
        return child
    }
}

extension ChildSA {
    fileprivate var traffic: ChildSATable.Traffic { ChildSATable.Traffic(local: local, remote: remote) }
}
