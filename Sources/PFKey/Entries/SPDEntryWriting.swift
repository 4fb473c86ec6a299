import IPsec

/// A policy as the extensions of a message.
struct SPDEntryWriting {
    let record: SPDRecord

    private var entry: SPDEntry { record.entry }

    init(_ record: SPDRecord) {
        self.record = record
    }

    /// The order of Linux's answers.
    func answer() -> [SADBExtension] {
        let usage = record.usage
        return addresses + lifetimes + [
            .lifetime(
                .current,
                SADBLifetime(
                    addTime: usage.added, useTime: usage.lastUsed == 0 ? usage.firstUsed : usage.lastUsed)),
            policy,
        ] + securityContext
    }

    /// The order in which setkey asks for a policy.
    func request() -> [SADBExtension] {
        [policy] + addresses + (entry.lifetime == .unlimited ? [] : lifetimes) + securityContext
    }

    /// What names a policy, by its selector or by its index.
    static func request(_ key: SPDKey, index: UInt32 = 0) -> [SADBExtension] {
        let direction = key.id.direction.rawValue + 1
        return [.policy(SADBPolicy(type: 1, direction: direction, index: index))] + addresses(key.id.selector)
    }

    private var addresses: [SADBExtension] { Self.addresses(entry.policy.selector) }

    private static func addresses(_ selector: Selector) -> [SADBExtension] {
        let upper = selector.upperProtocol == 0 ? SADBAddress.anyProtocol : selector.upperProtocol
        return [
            .address(
                .source, SADBAddress(selector.source, port: selector.sourcePort, upperProtocol: upper)),
            .address(
                .destination,
                SADBAddress(selector.destination, port: selector.destinationPort, upperProtocol: upper)),
        ]
    }

    private var lifetimes: [SADBExtension] {
        [
            .lifetime(.hard, SADBLifetime(hardOf: entry.lifetime)),
            .lifetime(.soft, SADBLifetime(softOf: entry.lifetime)),
        ]
    }

    private var policy: SADBExtension {
        let direction =
            record.isPerSocket
            ? UInt8(truncatingIfNeeded: record.index & 7) + 1 : entry.policy.direction.rawValue + 1
        return .policy(
            SADBPolicy(
                type: type, direction: direction, index: record.index, priority: entry.policy.priority,
                requests: entry.policy.templates.map(Self.request)))
    }

    private var type: UInt16 {
        switch entry.policy.action {
        case .discard: 0
        case .bypass: 1
        // Linux calls a policy without requests none.
        case .protect(let templates): templates.isEmpty ? 1 : 2
        }
    }

    private static func request(_ template: PolicyTemplate) -> SADBPolicy.Request {
        let level: UInt8 =
            switch template.level {
            case .use: 1
            case .require: 2
            case .unique: 3
            }
        var tunnel: SADBAddressPair?
        if template.mode != .transport, let source = template.tunnelSource,
            let destination = template.tunnelDestination
        {
            tunnel = SADBAddressPair(
                source: SADBSocketAddress(source), destination: SADBSocketAddress(destination))
        }
        return SADBPolicy.Request(
            protocol: UInt16(template.protocol.rawValue), mode: SADBMode.number(template.mode), level: level,
            requestID: template.requestID, tunnel: tunnel)
    }

    private var securityContext: [SADBExtension] {
        entry.securityContext.map { [.securityContext(SADBSecurityContext($0))] } ?? []
    }
}
