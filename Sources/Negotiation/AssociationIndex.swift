public import Credentials
public import IPsec

/// Finds the SAs of an endpoint that are with a peer, so that one more peer costs the others nothing.
@usableFromInline
package struct AssociationIndex<ID: Hashable & Sendable> {
    @usableFromInline
    struct Entry {
        @usableFromInline let address: IPAddress
        /// Known once the peer is authenticated.
        @usableFromInline let identity: Identity?

        @inlinable
        init(address: IPAddress, identity: Identity?) {
            self.address = address
            self.identity = identity
        }
    }

    @usableFromInline var entries: [ID: Entry] = [:]
    @usableFromInline var byAddress: [IPAddress: SmallSet<ID>] = [:]
    @usableFromInline var byIdentity: [Identity: SmallSet<ID>] = [:]

    @inlinable package init() {}

    /// Brings what is known of an SA up to date.
    ///
    /// - Parameter identity: what the peer has proven; nil before that.
    @inlinable
    package mutating func note(_ id: ID, address: IPAddress, identity: Identity?) {
        let old = entries[id]
        if let old, old.address == address, old.identity == identity { return }
        entries[id] = Entry(address: address, identity: identity)
        if old?.address != address {
            if let old { byAddress.remove(id, for: old.address) }
            byAddress[address, default: SmallSet()].insert(id)
        }
        if old?.identity != identity {
            if let identity = old?.identity { byIdentity.remove(id, for: identity) }
            if let identity { byIdentity[identity, default: SmallSet()].insert(id) }
        }
    }

    @inlinable
    package mutating func forget(_ id: ID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        byAddress.remove(id, for: entry.address)
        if let identity = entry.identity { byIdentity.remove(id, for: identity) }
    }

    /// SAs whose peer has an address.
    @inlinable package func associations(with address: IPAddress) -> Set<ID> {
        byAddress[address]?.elements ?? []
    }

    /// SAs whose peer has proven an identity.
    @inlinable package func associations(with identity: Identity) -> Set<ID> {
        byIdentity[identity]?.elements ?? []
    }
}
