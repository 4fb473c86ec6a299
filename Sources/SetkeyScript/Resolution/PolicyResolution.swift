import IPsec
import SourceText

/// Policies as an SPD has them.
extension StatementResolution {
    private static let refusedTag = "Linux has no policies by packet tag; select packets by address"

    /// A policy for every pair of hosts, and for each `in` a copy for `fwd`.
    mutating func entries(
        _ statement: PolicyStatement, at place: SourceLocation
    ) throws(Diagnostic) -> [SPDEntry] {
        let options = statement.subject.options
        if options.requestIDs == .chosenAnew, let stated = statement.action.reservedRequestID {
            remarks.append(
                place.warning(
                    "'unique:\(stated)': numbers end at \(RequestIDs.lastChosenByPeople), another one is taken"
                ))
        }
        remarkOnEffects(of: statement.action, at: place)
        var entries: [SPDEntry] = []
        for match in try matches(statement.subject) {
            let action = requestIDs.action(
                statement.action, match.selector, statement.direction, options.requestIDs)
            let policy = SecurityPolicy(
                selector: match.selector, direction: statement.direction, action: action,
                priority: statement.priority)
            entries.append(try entry(policy, options, interface: match.interface))
            guard statement.direction == .inbound, settings.forwardCopies == .made else { continue }
            var copy = entries[entries.count - 1]
            copy.policy = policy.forwardCopy
            entries.append(copy)
        }
        return entries
    }

    /// What `spddelete` is for, the copies for `fwd` included.
    mutating func keys(
        _ subject: PolicySubject, _ direction: PolicyDirection, at place: SourceLocation
    ) throws(Diagnostic) -> [SPDKey] {
        let copies: [PolicyDirection] =
            direction == .inbound && settings.forwardCopies == .made ? [.inbound, .forward] : [direction]
        return try matches(subject).flatMap { match in
            copies.map {
                SPDKey(
                    SecurityPolicyID(selector: match.selector, direction: $0), mark: subject.options.mark,
                    interfaceID: subject.options.interfaceID, interface: match.interface)
            }
        }
    }

    private func entry(
        _ policy: SecurityPolicy, _ options: PolicyOptions, interface: UInt32
    ) throws(Diagnostic) -> SPDEntry {
        var entry = SPDEntry(policy)
        entry.mark = options.mark
        entry.interfaceID = options.interfaceID
        entry.interface = interface
        entry.lifetime = options.lifetime
        entry.flags = options.flags
        entry.offload = try offload(options.offload)
        entry.securityContext = options.securityContext
        entry.foreign = options.foreign
        return entry
    }

    /// What a policy's traffic is once its names are looked up.
    private struct Match {
        var selector: Selector
        /// The index of the one interface it is for; 0 for all.
        var interface: UInt32
    }

    private func matches(_ subject: PolicySubject) throws(Diagnostic) -> [Match] {
        switch subject.traffic {
        case .tagged(_, let place): throw place.error(Self.refusedTag)
        case .ranges(let source, let destination, let upper):
            let stated = try subject.options.interface.map { (name) throws(Diagnostic) in
                try index(of: name, at: subject.options.interfaceLocation ?? source.host.location)
            }
            let pairs = try pairs(source.host, destination.host, subject.names)
            var matches: [Match] = []
            matches.reserveCapacity(pairs.count)
            for pair in pairs {
                let scope = pair.source.scope == 0 ? pair.destination.scope : pair.source.scope
                matches.append(
                    Match(
                        selector: try selector(source, destination, pair, upper),
                        interface: stated ?? scope))
            }
            return matches
        }
    }

    private func selector(
        _ source: RangeReference, _ destination: RangeReference,
        _ pair: (source: Host, destination: Host), _ upper: UpperLayer
    ) throws(Diagnostic) -> Selector {
        var selector = Selector(
            source: try prefix(pair.source.address, source),
            destination: try prefix(pair.destination.address, destination),
            upperProtocol: try number(of: upper), sourcePort: try port(source.port, at: source.host.location),
            destinationPort: try port(destination.port, at: destination.host.location))
        switch upper.detail {
        case nil: break
        case .type(let type, let code):
            (selector.sourcePort, selector.destinationPort) = (UInt16(type), UInt16(code))
        case .key(let key):
            selector.sourcePort = UInt16(truncatingIfNeeded: key >> 16)
            selector.destinationPort = UInt16(truncatingIfNeeded: key)
        }
        return selector
    }

    private func prefix(_ address: IPAddress, _ range: RangeReference) throws(Diagnostic) -> IPPrefix {
        guard let length = range.prefixLength else { return IPPrefix(host: address) }
        guard let prefix = IPPrefix(address, length: length) else {
            throw range.host.location.error(
                "a prefix length is \(length), expected 0 to \(address.family.addressBits)")
        }
        return prefix
    }

    private func number(of upper: UpperLayer) throws(Diagnostic) -> UInt8 {
        switch upper.form {
        case .number(let number): return number
        case .name(let name):
            if let number = names.upperProtocol(name) { return number }
            throw upper.location.error(
                "expected \(TokenStream.upperProtocolWanted), found '\(SourceFile.printable(name.prefix(40).utf8))'"
                    + Suggestion.hint(for: name, among: UpperProtocol.numbers.keys))
        }
    }
}
