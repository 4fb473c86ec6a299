package import Credentials
package import IPsec

/// Finds the SAs of an endpoint that are with a peer, so that one more peer costs the others nothing.
package struct AssociationIndex<ID: Hashable & Sendable> {
    private struct Entry {
        var address: IPAddress
        /// Known once the peer is authenticated.
        var identity: Identity?
    }

    private var entries: [ID: Entry] = [:]
    private var byAddress: [IPAddress: Set<ID>] = [:]
    private var byIdentity: [Identity: Set<ID>] = [:]

    package init() {}

    /// Brings what is known of an SA up to date.
    ///
    /// - Parameter identity: what the peer has proven; nil before that.
    package mutating func note(_ id: ID, address: IPAddress, identity: Identity?) {
        let old = entries[id]
        if let old, old.address == address, old.identity == identity { return }
        entries[id] = Entry(address: address, identity: identity)
        if old?.address != address {
            if let old { byAddress.remove(id, for: old.address) }
            byAddress[address, default: []].insert(id)
        }
        if old?.identity != identity {
            if let identity = old?.identity { byIdentity.remove(id, for: identity) }
            if let identity { byIdentity[identity, default: []].insert(id) }
        }
    }

    package mutating func forget(_ id: ID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        byAddress.remove(id, for: entry.address)
        if let identity = entry.identity { byIdentity.remove(id, for: identity) }
    }

    /// SAs whose peer has an address.
    package func associations(with address: IPAddress) -> Set<ID> { byAddress[address] ?? [] }

    /// SAs whose peer has proven an identity.
    package func associations(with identity: Identity) -> Set<ID> { byIdentity[identity] ?? [] }
}

extension Dictionary {
    /// Takes an element out of the set of a key, and the key out with the last.
    package mutating func remove<Element>(_ element: Element, for key: Key) where Value == Set<Element> {
        self[key]?.remove(element)
        if self[key]?.isEmpty == true { self[key] = nil }
    }
}
