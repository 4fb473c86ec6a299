import IPsec

/// A policy out of the extensions of the SPD messages.
struct SPDEntryReading {
    let message: SADBMessage

    /// What SPDADD and SPDUPDATE ask for.
    ///
    /// A request ID of 0 at level `unique` asks for one that the database chooses.
    func entry() throws(SADBError) -> SPDEntry {
        let policy = try policy()
        var entry = SPDEntry(
            SecurityPolicy(
                selector: try selector(), direction: try Self.direction(policy),
                action: try action(policy), priority: policy.priority))
        entry.lifetime = Lifetime(hard: message.lifetime(.hard), soft: message.lifetime(.soft))
        entry.securityContext = message.securityContext.map(SecurityContext.init)
        return entry
    }

    /// What SPDDELETE asks for.
    func key() throws(SADBError) -> SPDKey {
        SPDKey(SecurityPolicyID(selector: try selector(), direction: try Self.direction(try policy())))
    }

    /// What SPDGET and SPDDELETE2 ask for.
    func index() throws(SADBError) -> UInt32 {
        let index = try policy().index
        guard index & 7 < 3 else {
            throw SADBError(
                .malformed, .invalid, "The policy number \(index) is one of a socket, or of no direction.")
        }
        return index
    }

    /// The policy with number and usage as an answer tells them.
    func record() throws(SADBError) -> SPDRecord {
        var record = SPDRecord(try entry(), index: try policy().index)
        if let current = message.lifetime(.current) {
            record.usage.added = current.addTime
            record.usage.lastUsed = current.useTime
        }
        return record
    }

    private func policy() throws(SADBError) -> SADBPolicy {
        guard let policy = message.policy else { throw .missing(.policy) }
        return policy
    }

    private func selector() throws(SADBError) -> Selector {
        guard let source = message.address(.source) else { throw .missing(.addressSource) }
        guard let destination = message.address(.destination) else { throw .missing(.addressDestination) }
        guard source.prefix.family == destination.prefix.family else {
            throw SADBError(
                .malformed, .invalid,
                "The networks \(source.prefix) and \(destination.prefix) are of two families.")
        }
        let upper = destination.upperProtocol
        return Selector(
            source: source.prefix, destination: destination.prefix,
            upperProtocol: upper == SADBAddress.anyProtocol ? 0 : upper, sourcePort: source.endpoint.port,
            destinationPort: destination.endpoint.port)
    }

    private static func direction(_ policy: SADBPolicy) throws(SADBError) -> PolicyDirection {
        switch policy.direction {
        case 1, 4: return .inbound
        case 2, 5: return .outbound
        case 3: return .forward
        default:
            throw .malformed(
                .policy, "has direction \(policy.direction), where 1 is in, 2 is out, 3 is forward")
        }
    }

    private func action(_ policy: SADBPolicy) throws(SADBError) -> SecurityPolicy.Action {
        switch policy.type {
        case 0: return .discard
        case 1: return .bypass
        case 2: return .protect(try templates(policy))
        default:
            throw .malformed(
                .policy, "has type \(policy.type), where 0 is discard, 1 is none, 2 is ipsec")
        }
    }

    private func templates(_ policy: SADBPolicy) throws(SADBError) -> [PolicyTemplate] {
        let requests = try policy.requests
        guard requests.count <= 6 else {
            throw SADBError(
                .malformed, .tooDeep,
                "The policy asks for \(requests.count) transformations; 6 are the most.")
        }
        var templates: [PolicyTemplate] = []
        for request in requests { templates.append(try template(request)) }
        return templates
    }

    private func template(_ request: SADBPolicy.Request) throws(SADBError) -> PolicyTemplate {
        guard let `protocol` = UInt8(exactly: request.protocol).flatMap(SecurityProtocol.init(rawValue:))
        else {
            throw .malformed(
                .policy, "asks for protocol \(request.protocol), where 50 is ESP, 51 is AH, 108 is IPComp")
        }
        guard let mode = try SADBMode.mode(request.mode) else {
            throw .malformed(.policy, "asks for no mode; transport is 1, tunnel is 2")
        }
        guard mode == .transport || request.tunnel != nil else {
            throw .malformed(.policy, "asks for \(mode) mode without the addresses of its ends")
        }
        return PolicyTemplate(
            protocol: `protocol`, mode: mode, tunnelSource: request.tunnel?.source.address,
            tunnelDestination: request.tunnel?.destination.address, level: try Self.level(request))
    }

    private static func level(_ request: SADBPolicy.Request) throws(SADBError) -> PolicyTemplate.Level {
        switch request.level {
        case 0, 2: return .require
        case 1: return .use
        case 3: return .unique(requestID: request.requestID)
        default:
            throw .malformed(.policy, "asks for level \(request.level), where 0 to 3 are known")
        }
    }
}
