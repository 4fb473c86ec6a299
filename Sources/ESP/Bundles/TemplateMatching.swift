package import IPsec

extension PolicyTemplate {
    /// Whether an SA is one that this template asks for; selectors apart.
    package func accepts(_ association: SecurityAssociation) -> Bool {
        guard association.id.protocol == `protocol`, association.mode == mode else { return false }
        guard requestID == 0 || requestID == association.requestID else { return false }
        guard spi.value == 0 || spi == association.id.spi else { return false }
        guard mode.hasOwnAddresses else { return true }
        return (tunnelSource ?? association.source) == association.source
            && (tunnelDestination ?? association.id.destination) == association.id.destination
    }

    /// Whether a packet that came without it is in order all the same.
    ///
    /// Compression protects nothing, and a packet that does not shrink comes without it (RFC 3173 section 2.2).
    package var mayBeMissing: Bool { level == .use || `protocol` == .ipcomp }
}

extension EncapsulationMode {
    /// Whether packets travel between other addresses than those they had.
    package var hasOwnAddresses: Bool {
        switch self {
        case .transport: false
        case .tunnel, .beet, .iptfs: true
        }
    }
}

extension [PolicyTemplate] {
    /// Whether a packet that came through these SAs is what a policy asks for (RFC 4301 section 5.2, step 4).
    ///
    /// Templates stand innermost first, as they are applied. Every SA must be one that a template asks for, in
    /// order, and only templates that may be missing may lack one.
    ///
    /// - Parameters:
    ///   - count: how many SAs the packet came through.
    ///   - association: the SA that opened the packet as the first, second and so on, so the outermost first.
    package func accept(count: Int, _ association: (Int) -> SecurityAssociation) -> Bool {
        var used = 0
        for template in reversed() {
            if used < count, template.accepts(association(used)) {
                used += 1
            } else if !template.mayBeMissing {
                return false
            }
        }
        return used == count
    }
}
