import ESP
import IPsec

/// An SA between the form administrators know and the engine's.
extension SecurityAssociation {
    /// Takes what an administrator asked for.
    ///
    /// - Throws: a sentence for what the engine cannot do.
    init(_ entry: SADEntry, ownAddresses: [IPAddress]) throws(DatabaseFailure) {
        try Self.check(entry.options)
        try self.init(entry, direction: try Self.direction(entry, ownAddresses))
        guard entry.lifetime.softUseTime == nil, entry.lifetime.hardUseTime == nil else {
            throw .notInSoftware("lifetimes from the first packet; use -lh and -ls")
        }
    }

    /// Which way it goes is told by which end is ours.
    private static func direction(
        _ entry: SADEntry, _ ownAddresses: [IPAddress]
    ) throws(DatabaseFailure) -> Direction {
        if ownAddresses.contains(entry.id.destination) { return .inbound }
        if ownAddresses.contains(entry.source) { return .outbound }
        throw DatabaseFailure(
            .unsupported,
            "Neither \(entry.source) nor \(entry.id.destination) is an address of this host, so the SA "
                + "\(entry.id.spi) would carry nothing; set the address up first.")
    }

    /// Refuses what concerns the host and not the packet.
    private static func check(_ options: SAOptions) throws(DatabaseFailure) {
        var plain = SAOptions()
        plain.direction = options.direction
        plain.flags = options.flags
        plain.trafficFlowPadding = options.trafficFlowPadding
        guard options == plain else {
            throw .notInSoftware("marks, interfaces, offload and the like of an SA; leave them out")
        }
    }
}

extension SADEntry {
    /// An SA of the engine as administrators know it.
    ///
    /// - Parameter encapsulation: the ports as they are now.
    init(_ association: SecurityAssociation, encapsulation: UDPEncapsulation?) {
        self.init(association)
        self.encapsulation = encapsulation.map { Encapsulation(.udp, ports: $0) }
    }
}
