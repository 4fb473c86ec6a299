package import IPsec

/// Finds the policy and the SAs for a packet as the kernel does.
package struct PolicyLookup {
    private let associations: [SADRecord]
    private let policies: [SPDRecord]

    package init(_ state: DatabaseState) {
        associations = state.associations.map(\.record)
        policies = state.policies.map(\.record)
    }

    /// The policy that a packet meets: the lowest priority number, and among equals the oldest.
    package func policy(for packet: PacketQuery, _ direction: PolicyDirection) -> SPDRecord? {
        var best: SPDRecord?
        for record in policies where applies(record.entry, packet, direction) {
            guard let found = best else {
                best = record
                continue
            }
            if record.entry.policy.priority < found.entry.policy.priority { best = record }
        }
        return best
    }

    /// Policies of a particular network interface are left out: the packet has none.
    private func applies(_ entry: SPDEntry, _ packet: PacketQuery, _ direction: PolicyDirection) -> Bool {
        entry.policy.direction == direction && entry.table == .main && entry.interface == 0
            && entry.interfaceID == packet.interfaceID && packet.carries(entry.mark)
            && packet.isSelected(by: entry.policy.selector)
    }

    /// What each template of a policy finds, innermost first.
    ///
    /// - Parameter packet: with the mark and the interface that SAs are looked up with.
    package func resolve(
        _ templates: [PolicyTemplate], for packet: PacketQuery, _ direction: PolicyDirection
    ) -> [TemplateResolution] {
        var ends = (source: packet.source, destination: packet.destination)
        return templates.map { template in
            if let source = template.tunnelSource, let destination = template.tunnelDestination {
                ends = (source, destination)
            }
            return resolve(template, from: ends.source, to: ends.destination, packet, direction)
        }
    }

    private func resolve(
        _ template: PolicyTemplate, from source: IPAddress, to destination: IPAddress, _ packet: PacketQuery,
        _ direction: PolicyDirection
    ) -> TemplateResolution {
        var resolution = TemplateResolution(template: template, source: source, destination: destination)
        let ofProtocol = associations.filter { $0.entry.id.protocol == template.protocol }
        for record in ofProtocol {
            let obstacles = obstacles(record, resolution, packet, direction)
            if obstacles.isEmpty {
                // The newest is the one that is used.
                resolution.association = record
            } else if record.entry.id.destination == destination || obstacles.count == 1 {
                resolution.near.append(.init(association: record, obstacles: obstacles))
            }
        }
        return resolution
    }

    /// Why an SA is not the one for a template, in words; empty if it is.
    private func obstacles(
        _ record: SADRecord, _ wanted: TemplateResolution, _ packet: PacketQuery,
        _ direction: PolicyDirection
    ) -> [String] {
        let entry = record.entry
        let template = wanted.template
        var words: [String] = []
        if entry.source != wanted.source {
            words.append("it comes from \(entry.source), wanted is \(wanted.source)")
        }
        if entry.id.destination != wanted.destination {
            words.append("it goes to \(entry.id.destination), wanted is \(wanted.destination)")
        }
        if let mode = entry.mode ?? .transport as EncapsulationMode?, mode != template.mode {
            words.append("its mode is \(mode.rawValue), wanted is \(template.mode.rawValue)")
        }
        // Inbound a template without a request ID takes any SA; outbound it takes those without one.
        if entry.requestID != template.requestID, direction == .outbound || template.requestID != 0 {
            words.append("its reqid is \(entry.requestID), wanted is \(template.requestID)")
        }
        if template.spi.value != 0, template.spi != entry.id.spi {
            words.append("its SPI is \(entry.id.spi), wanted is \(template.spi)")
        }
        if record.state == .larval { words.append("it is larval: it has no keys yet") }
        if record.state == .dead { words.append("it is dead") }
        if let selector = entry.selector, !packet.isSelected(by: selector), template.mode != .transport {
            words.append("its selector \(selector) leaves the packet out")
        }
        return words + markObstacles(entry.options, packet, direction)
    }

    /// Arriving packets find their SA by mark alone; one of another interface than their own brings them to nothing.
    private func markObstacles(
        _ options: SAOptions, _ packet: PacketQuery, _ direction: PolicyDirection
    ) -> [String] {
        var words: [String] = []
        if let mark = options.mark, !packet.carries(mark) {
            words.append("it is for packets marked \(mark)")
        }
        if options.interfaceID != packet.interfaceID, direction == .outbound || packet.interfaceID != 0 {
            words.append("its if_id is \(options.interfaceID), wanted is \(packet.interfaceID)")
        }
        return words
    }
}

/// What a template of a policy finds in the SAD.
package struct TemplateResolution {
    /// An SA that nearly fits.
    package struct NearMiss {
        package var association: SADRecord
        /// Why it does not fit, in words.
        package var obstacles: [String]
    }

    package var template: PolicyTemplate
    /// The ends of the SA that is looked for.
    package var source: IPAddress
    package var destination: IPAddress
    /// The SA that carries the packet.
    package var association: SADRecord?
    package var near: [NearMiss] = []
}
