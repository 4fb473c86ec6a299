import IPsec
import SourceText

/// Statements about policies.
extension TokenStream {
    /// Takes what follows `spdadd` or `spdupdate`.
    mutating func takePolicyStatement() throws(Diagnostic) -> PolicyStatement {
        let subject = try takeSubject()
        let start = try place()
        let direction = try takePolicyDirection()
        let priority = try takePriority()
        guard let action = try takeAction() else {
            throw start.error(
                "this policy says no action; expected 'ipsec', 'none' or 'discard' after the direction")
        }
        if direction == .outbound, case .protect(let requests) = action {
            try Self.checkOutbound(requests, at: start)
        }
        return PolicyStatement(subject: subject, direction: direction, action: action, priority: priority)
    }

    /// Takes what follows `spddelete`: of the policy only the direction counts.
    mutating func takePolicyDeletion() throws(Diagnostic) -> Statement.Kind {
        let subject = try takeSubject()
        let direction = try takePolicyDirection()
        _ = try takePriority()
        _ = try takeAction()
        return .deletePolicy(subject, direction)
    }

    private static func checkOutbound(_ requests: [PolicyRequest], at place: SourceLocation)
        throws(Diagnostic)
    {
        guard requests.contains(where: { $0.mode == .tunnel && $0.level == .use }) else { return }
        throw place.error("level 'use' is not possible in tunnel mode on the way out; use 'require'")
    }

    /// Takes `[flags] RANGE RANGE UPPER [MISC]` or `tagged "TAG"`, the options and the `-P` behind.
    private mutating func takeSubject() throws(Diagnostic) -> PolicySubject {
        let names = try takeNameRestriction()
        var subject = PolicySubject(try takeTraffic())
        subject.names = names
        if let options = try takePolicyOptions() { subject.options = options }
        guard try takeOptionalWord("-P") != nil else { throw expected("'-P'") }
        enterPolicy()
        return subject
    }

    private mutating func takeTraffic() throws(Diagnostic) -> PolicySubject.Traffic {
        if let tagged = try takeOptionalWord("tagged") {
            let tag = try takeString("a tag in quotes")
            return .tagged(text(tag), location(tagged))
        }
        let source = try takeRange("the source, an address or network")
        let destination = try takeRange("the destination, an address or network")
        if let left = source.host.form.family, let right = destination.host.form.family, left != right {
            throw destination.host.location.error(
                "source and destination are of different families, IPv4 and IPv6")
        }
        let upper = try takeUpperLayer()
        guard upper.detail == nil || (source.hasNoPort && destination.hasNoPort) else {
            throw destination.host.location.error("ports and a type or key at once; write [any]")
        }
        return .ranges(source: source, destination: destination, upper)
    }

    /// Takes `ADDR[/LENGTH][[PORT]]`.
    private mutating func takeRange(_ what: String) throws(Diagnostic) -> RangeReference {
        var range = RangeReference(host: try takeHost(what))
        if try takeOptionalMark("/") {
            let most = range.host.form.family?.addressBits ?? AddressFamily.ipv6.addressBits
            let bits = try takeNumber(0...UInt64(most), "a prefix length")
            range.prefixLength = Int(truncatingIfNeeded: bits)
        }
        range.port = try takePort()
        return range
    }
}

extension HostReference.Form {
    /// nil for a name.
    var family: AddressFamily? {
        switch self {
        case .address(let address), .scoped(let address, _): address.family
        case .name: nil
        }
    }
}

extension RangeReference {
    /// Port 0 is any.
    fileprivate var hasNoPort: Bool { port == nil || port == .any || port == .number(0) }
}
