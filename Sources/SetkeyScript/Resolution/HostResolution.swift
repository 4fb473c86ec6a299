import IPsec
import SourceText

/// Hosts, pairs of hosts, ports and interfaces.
extension StatementResolution {
    /// An address of a statement; `scope` is the index of the interface behind `%`, 0 where there is none.
    struct Host: Hashable {
        var address: IPAddress
        var scope: UInt32 = 0
    }

    /// Every pair of one family.
    func pairs(
        _ source: HostReference, _ destination: HostReference, _ restriction: NameRestriction
    ) throws(Diagnostic) -> [(source: Host, destination: Host)] {
        if case .address(let left) = source.form, case .address(let right) = destination.form,
            left.family == right.family, restriction.family == nil
        {
            return [(Host(address: left), Host(address: right))]
        }
        let sources = try hosts(source, restriction)
        let destinations = try hosts(destination, restriction)
        let pairs = sources.flatMap { source in
            destinations.filter { $0.address.family == source.address.family }.map { (source, $0) }
        }
        guard !pairs.isEmpty else {
            throw destination.location.error(
                "source and destination are of different families, IPv4 and IPv6")
        }
        return pairs
    }

    private func hosts(
        _ reference: HostReference, _ restriction: NameRestriction
    ) throws(Diagnostic) -> [Host] {
        switch reference.form {
        case .address(let address):
            try check(address, restriction, at: reference.location)
            return [Host(address: address)]
        case .scoped(let address, let interface):
            try check(address, restriction, at: reference.location)
            return [Host(address: address, scope: try index(of: interface, at: reference.location))]
        case .name(let name): return try lookUp(name, restriction, at: reference.location)
        }
    }

    private func check(
        _ address: IPAddress, _ restriction: NameRestriction, at place: SourceLocation
    ) throws(Diagnostic) {
        guard let family = restriction.family, family != address.family else { return }
        let flag = family == .ipv4 ? "'-4' asks for IPv4" : "'-6' asks for IPv6"
        throw place.error("\(flag), \(address) is of the other family")
    }

    private func lookUp(
        _ name: String, _ restriction: NameRestriction, at place: SourceLocation
    ) throws(Diagnostic) -> [Host] {
        guard !restriction.isNumericOnly, settings.names == .lookedUp else {
            throw place.error("expected an address, found '\(name)'; '-n' looks no names up")
        }
        switch names.addresses(NameQuery(name: name, family: restriction.family)) {
        case .failure(let failure):
            throw place.error("expected an address, found '\(name)'; \(failure.reason)")
        case .success(let addresses):
            var seen: Set<IPAddress> = []
            let wanted = addresses.filter {
                (restriction.family ?? $0.family) == $0.family && seen.insert($0).inserted
            }
            guard !wanted.isEmpty else { throw place.error("'\(name)' has no address of that family") }
            return wanted.map { Host(address: $0) }
        }
    }

    /// An interface's index, by name or as written.
    func index(of interface: String, at place: SourceLocation) throws(Diagnostic) -> UInt32 {
        if let number = Number.parse(interface), let index = UInt32(exactly: number) { return index }
        guard let index = names.interface(interface) else {
            throw place.error("there is no network interface '\(SourceFile.printable(interface.utf8))'")
        }
        return index
    }

    /// A port's number, 0 for any.
    func port(_ reference: PortReference?, at place: SourceLocation) throws(Diagnostic) -> UInt16 {
        switch reference {
        case nil, .any: return 0
        case .number(let number): return number
        case .service(let name):
            guard let number = names.port(name) else {
                throw place.error("the port '\(name)' has no number here; write [NUMBER] or [any]")
            }
            return number
        }
    }

    func offload(_ reference: OffloadReference?) throws(Diagnostic) -> HardwareOffload? {
        guard let reference else { return nil }
        return HardwareOffload(
            interface: try index(of: reference.interface, at: reference.location),
            direction: reference.direction, extent: reference.extent)
    }
}
