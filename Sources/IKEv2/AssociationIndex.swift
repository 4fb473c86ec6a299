import Credentials
import IPsec

/// Finds the IKE SAs with a peer, so that one more peer costs the others nothing.
struct AssociationIndex {
    private struct Entry {
        var address: IPAddress
        /// Known once the peer is authenticated.
        var identity: Identity?
    }

    private var entries: [IKESAID: Entry] = [:]
    private var byAddress: [IPAddress: Set<IKESAID>] = [:]
    private var byIdentity: [Identity: Set<IKESAID>] = [:]

    /// Brings what is known of an SA up to date.
    mutating func note(_ association: IKESA) {
        let new = Entry(
            address: association.path.remote.address, identity: association.established?.remoteIdentity)
        let old = entries.updateValue(new, forKey: association.id)
        if old?.address != new.address {
            if let old { byAddress.remove(association.id, for: old.address) }
            byAddress[new.address, default: []].insert(association.id)
        }
        if old?.identity != new.identity {
            if let identity = old?.identity { byIdentity.remove(association.id, for: identity) }
            if let identity = new.identity { byIdentity[identity, default: []].insert(association.id) }
        }
    }

    mutating func forget(_ id: IKESAID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        byAddress.remove(id, for: entry.address)
        if let identity = entry.identity { byIdentity.remove(id, for: identity) }
    }

    /// SAs whose peer has an address.
    func associations(with address: IPAddress) -> Set<IKESAID> { byAddress[address] ?? [] }

    /// SAs whose peer has proven an identity.
    func associations(with identity: Identity) -> Set<IKESAID> { byIdentity[identity] ?? [] }
}

extension Dictionary where Value == Set<IKESAID> {
    fileprivate mutating func remove(_ id: IKESAID, for key: Key) {
        self[key]?.remove(id)
        if self[key]?.isEmpty == true { self[key] = nil }
    }
}
