import Algorithms
import IPsec
import SourceText

/// SAs as a SAD has them.
extension StatementResolution {
    /// The port of ESP in UDP where none is written (RFC 3948 section 2.1).
    private static let natTraversalPort: UInt16 = 4500
    /// Linux sends no packet of a CPI beyond 16 bits (RFC 3173 section 3.1).
    private static let lastCPI: UInt32 = 0xffff

    /// What `add` and `update` make.
    mutating func wholeEntries(
        _ statement: AssociationStatement, at place: SourceLocation
    ) throws(Diagnostic) -> [SADEntry] {
        let securityProtocol = try madeProtocol(statement, at: place)
        try checkSPI(statement, securityProtocol)
        let transform = try transform(statement, securityProtocol, at: place)
        return try entries(statement, securityProtocol, transform, at: place)
    }

    /// What `getspi` asks for.
    mutating func allocations(
        _ statement: AssociationStatement, at place: SourceLocation
    ) throws(Diagnostic) -> [DatabaseRequest] {
        let securityProtocol = try madeProtocol(statement, at: place)
        var range: ClosedRange<UInt32> = 256...(securityProtocol == .ipcomp ? Self.lastCPI : .max)
        if statement.spi != 0 {
            try checkSPI(statement, securityProtocol)
            range = statement.spi...statement.spi
        }
        return try entries(statement, securityProtocol, .none, at: place).map { .allocateSPI($0, range) }
    }

    /// What `get` and `delete` name.
    mutating func keys(
        _ statement: AssociationStatement, at place: SourceLocation
    ) throws(Diagnostic) -> [SADKey] {
        let securityProtocol = try namedProtocol(statement, at: place)
        remarkOnUnusedExtensions(of: statement, at: place)
        return try pairs(statement.source.host, statement.destination.host, statement.names).map {
            SADKey(
                SecurityAssociationID(
                    destination: $0.destination.address, protocol: securityProtocol,
                    spi: SPI(statement.spi)),
                mark: statement.extensions.options.mark)
        }
    }

    func patterns(_ group: AssociationGroup, at place: SourceLocation) throws(Diagnostic) -> [DeletionPattern]
    {
        let securityProtocol = try databaseProtocol(group.protocol, at: place)
        return try pairs(group.source, group.destination, group.names).map {
            DeletionPattern(
                source: $0.source.address, destination: $0.destination.address, protocol: securityProtocol)
        }
    }

    private mutating func entries(
        _ statement: AssociationStatement, _ securityProtocol: SecurityProtocol, _ transform: SATransform,
        at place: SourceLocation
    ) throws(Diagnostic) -> [SADEntry] {
        let encapsulation = try encapsulation(statement)
        let offload = try offload(statement.extensions.offload)
        remarkOnEffects(of: statement, at: place)
        return try pairs(statement.source.host, statement.destination.host, statement.names).map { pair in
            if pair.source.scope != 0 || pair.destination.scope != 0 {
                remarkOnce(
                    "scope", place.notice("the interface behind '%' has no effect: SAs are found by address"))
            }
            var entry = SADEntry(
                id: SecurityAssociationID(
                    destination: pair.destination.address, protocol: securityProtocol,
                    spi: SPI(statement.spi)),
                source: pair.source.address, mode: statement.extensions.mode, transform: transform)
            statement.extensions.apply(to: &entry)
            entry.encapsulation = encapsulation
            entry.options.offload = offload
            return entry
        }
    }

    private func encapsulation(
        _ statement: AssociationStatement
    ) throws(Diagnostic) -> SADEntry.Encapsulation? {
        guard statement.protocol == .espInUDP else {
            guard statement.extensions.encapsulation == nil else {
                throw statement.spiLocation.error("'-o encap' is for esp-udp alone")
            }
            return nil
        }
        let source = try port(statement.source.port, at: statement.source.host.location)
        let destination = try port(statement.destination.port, at: statement.destination.host.location)
        let ports = UDPEncapsulation(
            sourcePort: source == 0 ? Self.natTraversalPort : source,
            destinationPort: destination == 0 ? Self.natTraversalPort : destination)
        let original = try statement.originalAddress.map { (host) throws(Diagnostic) in
            try pairs(host, host, statement.names)[0].source.address
        }
        return SADEntry.Encapsulation(
            statement.extensions.encapsulation ?? .udp, ports: ports, originalAddress: original)
    }

    private func checkSPI(
        _ statement: AssociationStatement, _ securityProtocol: SecurityProtocol
    ) throws(Diagnostic) {
        let spi = statement.spi
        if securityProtocol == .ipcomp {
            guard spi <= Self.lastCPI else {
                throw statement.spiLocation.error("a CPI has 16 bits, found \(spi); expected 1 to 65535")
            }
        } else if SPI(spi).isReserved, settings.reservedSPIs == .refused || spi == 0 {
            throw statement.spiLocation.error(
                "the SPI \(spi) is reserved (RFC 4303 section 2.1), expected 256 to 4294967295")
        }
    }
}

extension AssociationExtensions {
    fileprivate func apply(to entry: inout SADEntry) {
        entry.requestID = requestID
        entry.selector = selector
        entry.replay = replay
        entry.lifetime = lifetime
        entry.acquireSequence = acquireSequence
        entry.options = options
    }
}
