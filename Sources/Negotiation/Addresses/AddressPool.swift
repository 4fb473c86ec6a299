package import Credentials
package import IPsec

/// Which address of a range is whose.
///
/// An identity keeps its address while it is away, until somebody else needs one and no other is left: then that of
/// whoever has been away longest goes.
package struct AddressPool: Hashable, Sendable {
    /// An address that belongs to somebody.
    private struct Lease: Hashable {
        let identity: Identity
        /// Where its holder is outside; that of the last one where nobody holds it.
        var remoteAddress: IPAddress?
        /// IKE SAs that hold it: two while one takes the place of the other.
        var holders = 0
        /// Which time of being away this is.
        var absence: UInt64 = 0
    }

    private struct Absence: Hashable {
        let address: IPAddress
        let number: UInt64
    }

    package private(set) var range: TrafficSelector
    private var leases: [IPAddress: Lease] = [:]
    private var addresses: [Identity: [IPAddress]] = [:]
    /// The oldest first; those that came back are still here, with another number.
    private var absences: [Absence] = []
    private var firstAbsence = 0
    private var lastAbsence: UInt64 = 0
    /// Every address below has belonged to somebody; nil once all have.
    private var next: UInt128?

    package init(_ range: TrafficSelector) {
        self.range = range
        next = range.first.value
    }

    package var family: AddressFamily { range.family }

    /// Addresses that are held now.
    package var held: Int { leases.values.count { $0.holders > 0 } }

    /// Gives an address to a peer; nil where all are held by others.
    ///
    /// The same peer from the same place gets the address that it holds; another device of the same identity another.
    package mutating func grant(_ request: LeaseRequest) -> IPAddress? {
        guard let address = choice(for: request) else { return nil }
        if leases[address]?.identity != request.identity { hand(address, to: request.identity) }
        leases[address]?.holders += 1
        leases[address]?.remoteAddress = request.remoteAddress
        return address
    }

    private mutating func choice(for request: LeaseRequest) -> IPAddress? {
        let own = addresses[request.identity] ?? []
        let wanted = request.preferred.filter(own.contains)
        let usable = (wanted + own).first { address in
            guard let lease = leases[address] else { return false }
            return lease.holders == 0 || request.isOnlyContact || lease.remoteAddress == request.remoteAddress
        }
        return usable ?? request.preferred.first(where: isNew) ?? newAddress() ?? abandoned()
    }

    private func isNew(_ address: IPAddress) -> Bool {
        leases[address] == nil && contains(address)
    }

    private func contains(_ address: IPAddress) -> Bool {
        address.family == family && range.first <= address && address <= range.last
    }

    /// An address that never belonged to anybody.
    private mutating func newAddress() -> IPAddress? {
        while let value = next {
            let address = IPAddress(family: family, value: value)
            next = value < range.last.value ? value + 1 : nil
            if leases[address] == nil { return address }
        }
        return nil
    }

    /// The address of whoever has been away longest.
    private mutating func abandoned() -> IPAddress? {
        while firstAbsence < absences.count {
            let absence = absences[firstAbsence]
            firstAbsence += 1
            if let lease = leases[absence.address], lease.holders == 0, lease.absence == absence.number {
                return absence.address
            }
        }
        return nil
    }

    private mutating func hand(_ address: IPAddress, to identity: Identity) {
        forget(address)
        leases[address] = Lease(identity: identity)
        addresses[identity, default: []].append(address)
    }

    /// Takes note that one IKE SA does not need an address any more.
    package mutating func release(_ address: IPAddress) {
        guard let lease = leases[address], lease.holders > 0 else { return }
        leases[address]?.holders -= 1
        guard lease.holders == 1 else { return }
        if contains(address) { noteAbsence(of: address) } else { forget(address) }
    }

    /// Takes an address away from whoever it belongs to.
    private mutating func forget(_ address: IPAddress) {
        guard let former = leases.removeValue(forKey: address)?.identity else { return }
        addresses[former]?.removeAll { $0 == address }
        if addresses[former]?.isEmpty == true { addresses[former] = nil }
    }

    private mutating func noteAbsence(of address: IPAddress) {
        lastAbsence += 1
        leases[address]?.absence = lastAbsence
        absences.append(Absence(address: address, number: lastAbsence))
        guard absences.count > 64, absences.count > leases.count * 2 else { return }
        absences = absences[firstAbsence...].filter { leases[$0.address]?.absence == $0.number }
        firstAbsence = 0
    }

    /// Absences that are kept in mind, those that are over included.
    var rememberedAbsences: Int { absences.count }

    /// Takes over what belonged to whom before a restart, the oldest first; what is not in the range is dropped.
    package mutating func restore(_ address: IPAddress, of identity: Identity) {
        guard contains(address), leases[address].map({ $0.holders == 0 }) ?? true else { return }
        hand(address, to: identity)
        noteAbsence(of: address)
    }

    /// Changes the range; addresses that are not in the new one go when nobody holds them any more.
    package mutating func move(to range: TrafficSelector) {
        guard range != self.range else { return }
        let former = self
        self = AddressPool(range)
        for absence in former.absences[former.firstAbsence...] {
            guard let lease = former.leases[absence.address], lease.absence == absence.number,
                lease.holders == 0
            else { continue }
            restore(absence.address, of: lease.identity)
        }
        for (address, lease) in former.leases where lease.holders > 0 {
            hand(address, to: lease.identity)
            leases[address]?.holders = lease.holders
            leases[address]?.remoteAddress = lease.remoteAddress
        }
    }

    /// Whose an address is; nil where it is nobody's.
    package func owner(of address: IPAddress) -> Identity? { leases[address]?.identity }
}
