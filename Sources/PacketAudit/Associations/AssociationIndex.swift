internal import ESP
internal import IPsec
internal import SADText
internal import SourceText

/// Finds the SA of a packet.
struct AssociationIndex {
    private struct Key: Hashable {
        let `protocol`: SecurityProtocol
        let spi: SPI
    }

    let associations: [AuditedAssociation]
    private var bySPI: [Key: [AuditedAssociation]] = [:]
    /// Those of which parts of the SPI are left open.
    private var open: [AuditedAssociation] = []

    init(_ associations: [AuditedAssociation]) {
        self.associations = associations
        for association in associations {
            if association.stated.coverage.spiMask == .max {
                let id = association.stated.entry.id
                bySPI[Key(protocol: id.protocol, spi: id.spi), default: []].append(association)
            } else {
                open.append(association)
            }
        }
    }

    /// The SA whose addresses and SPI are the packet's.
    ///
    /// Behind a NAT the addresses of the SA are not those on the wire: one in UDP is known by its SPI if no other has it.
    func association(for packet: ProtectedPacket) -> AuditedAssociation? {
        let candidates = bySPI[Key(protocol: packet.protocol, spi: packet.spi)] ?? []
        let (source, destination) = (packet.header.source, packet.header.destination)
        let exact = candidates.first {
            $0.stated.coverage.contains(source: source, destination: destination, spi: packet.spi)
        }
        if let exact { return exact }
        // The source does not identify an SA (RFC 4301 section 4.1).
        if let found = candidates.first(where: { $0.stated.coverage.destination.contains(destination) }) {
            return found
        }
        if packet.ports != nil, candidates.count == 1 { return candidates.first }
        return open.first {
            $0.stated.entry.id.protocol == packet.protocol
                && $0.stated.coverage.contains(source: source, destination: destination, spi: packet.spi)
        }
    }

    /// Why no SA is found, where one nearly is.
    func nearMiss(_ packet: ProtectedPacket) -> String? {
        for form in [SecurityProtocol.esp, .ah, .ipcomp] {
            guard let near = bySPI[Key(protocol: form, spi: packet.spi)]?.first else { continue }
            let id = near.stated.entry.id
            return form == packet.protocol
                ? "the SA with this SPI (\(near.stated.location.origin)) is for packets to \(id.destination)"
                : "the SA with this SPI (\(near.stated.location.origin)) is for \(form.name)"
        }
        return nil
    }

    /// UDP ports that SAs state.
    var statedPorts: Set<UInt16> {
        associations.reduce(into: []) { ports, association in
            guard let encapsulation = association.stated.entry.encapsulation else { return }
            ports.formUnion([encapsulation.ports.sourcePort, encapsulation.ports.destinationPort])
        }
    }
}

extension SecurityProtocol {
    /// As IANA writes it.
    var name: String {
        switch self {
        case .esp: "ESP"
        case .ah: "AH"
        case .ipcomp: "IPComp"
        }
    }
}
