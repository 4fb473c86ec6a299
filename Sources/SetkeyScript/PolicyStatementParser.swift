import IPsec
import SourceText

extension TokenStream {
    private static let refusedSecurityContext =
        "'-ctx' is not supported by swiftike: policies carry no security context"
    private static let refusedTag =
        "'tagged' is not supported by swiftike: Linux has no policies by packet tag"

    /// Takes what follows `spdadd` or `spdupdate`, with the semicolon.
    mutating func takePolicyStatement() throws(Diagnostic) -> PolicyStatement {
        let selector = try takeSelector()
        let start = try peek()?.location ?? end
        let direction = try takePolicyDirection()
        let priority = try takePriority()
        guard let action = try takeAction() else {
            throw start.error(
                "this policy says no action; expected 'ipsec', 'none' or 'discard' after the direction")
        }
        if direction == .outbound, case .protect(let requests) = action {
            try Self.checkOutbound(requests, at: start)
        }
        try takeEnd()
        return PolicyStatement(selector: selector, direction: direction, action: action, priority: priority)
    }

    /// Takes what follows `spddelete`, with the semicolon: of the policy only the direction counts.
    mutating func takePolicyDeletion() throws(Diagnostic) -> Statement.Kind {
        let selector = try takeSelector()
        let direction = try takePolicyDirection()
        _ = try takePriority()
        _ = try takeAction()
        try takeEnd()
        return .deletePolicy(selector, direction)
    }

    private static func checkOutbound(_ requests: [PolicyRequest], at place: SourceLocation)
        throws(Diagnostic)
    {
        guard requests.contains(where: { $0.mode == .tunnel && $0.level == .use }) else { return }
        throw place.error("level 'use' is not possible in tunnel mode on the way out; use 'require'")
    }

    /// Takes `[flags] RANGE RANGE UPPER [MISC]` and the `-P` behind.
    private mutating func takeSelector() throws(Diagnostic) -> Selector {
        if let tagged = try takeOptionalWord(where: { $0 == "tagged" }) {
            throw tagged.location.error(Self.refusedTag)
        }
        _ = try takeOptionalWord(where: {
            $0.hasPrefix("-") && $0.count > 1 && $0.dropFirst().allSatisfy("46n".contains)
        })
        let source = try takeRange("the source")
        let place = try peek()?.location ?? end
        let destination = try takeRange("the destination")
        guard source.prefix.family == destination.prefix.family else {
            throw place.error("source and destination are of different families, IPv4 and IPv6")
        }
        var selector = Selector(
            source: source.prefix, destination: destination.prefix, upperProtocol: try takeUpperProtocol(),
            sourcePort: source.port, destinationPort: destination.port)
        if let misc = try takeMisc(for: selector.upperProtocol) {
            guard source.port == 0, destination.port == 0 else {
                throw place.error("ports and a type or key at once; write [any]")
            }
            (selector.sourcePort, selector.destinationPort) = misc
        }
        try takePolicyFlag()
        return selector
    }

    private mutating func takePolicyFlag() throws(Diagnostic) {
        if let context = try takeOptionalWord(where: { $0 == "-ctx" }) {
            throw context.location.error(Self.refusedSecurityContext)
        }
        guard try takeOptionalWord(where: { $0 == "-P" }) != nil else { throw expected("'-P'") }
        enterPolicy()
    }

    /// Takes `ADDR[/LENGTH][[PORT]]`.
    private mutating func takeRange(_ what: String) throws(Diagnostic) -> (prefix: IPPrefix, port: UInt16) {
        let address = try takeAddress("\(what), an address or network")
        var prefix = IPPrefix(host: address)
        if try takeOptionalMark("/") {
            let bits = try takeNumber(0...address.family.addressBits, "a prefix length")
            prefix = IPPrefix(address, length: bits) ?? prefix
        }
        return (prefix, try takePort() ?? 0)
    }
}
