package import IPsec
package import SourceText

/// The policies that setkey files describe, as if setkey had run on them one after the other.
///
/// Each `in` policy is also made for packets that pass through (`fwd`), as setkey does.
package struct PolicyTable {
    /// Numbers up to this are for people to choose.
    private static let lastChosenRequestID: UInt32 = 16383

    /// In the order they were added.
    package private(set) var policies: [SecurityPolicy] = []
    private var origins: [SecurityPolicyID: String] = [:]
    private var requestIDs: [RequestKey: UInt32] = [:]

    package init() {}

    /// Applies the statements of a file, and says what is wrong, left out or unusual.
    package mutating func apply(_ file: SourceFile) -> DiagnosticList {
        var (statements, diagnostics) = StatementParser.parse(file)
        for statement in statements {
            do throws(Diagnostic) {
                if let remark = try apply(statement) { diagnostics.append(remark) }
            } catch {
                diagnostics.append(error)
            }
        }
        return diagnostics
    }

    private mutating func apply(_ statement: Statement) throws(Diagnostic) -> Diagnostic? {
        let place = statement.location
        switch statement.kind {
        case .addPolicy(let policy):
            return try add(policy, replacing: false, at: place)
        case .updatePolicy(let policy):
            return try add(policy, replacing: true, at: place)
        case .deletePolicy(let selector, let direction):
            return delete(selector, direction, at: place)
        case .flushPolicies:
            removeAll()
            return nil
        case .association(let keyword):
            throw place.error("'\(keyword)': SA statements are not loaded by include_policy; use swiftkey")
        case .flushAssociations:
            return place.notice("'flush' has no effect here: include_policy loads policies alone")
        case .dumpPolicies, .dumpAssociations:
            return place.notice("dumps have no effect here; use swiftkey to see what is in force")
        case .exit:
            return nil
        }
    }

    private mutating func removeAll() {
        policies = []
        origins = [:]
    }

    private mutating func add(
        _ statement: PolicyStatement, replacing: Bool, at place: SourceLocation
    ) throws(Diagnostic) -> Diagnostic? {
        var remark: Diagnostic?
        let action = resolve(statement, at: place, &remark)
        let policy = SecurityPolicy(
            selector: statement.selector, direction: statement.direction, action: action,
            priority: statement.priority)
        let wanted = policy.direction == .inbound ? [policy, Self.forwarded(policy)] : [policy]
        for policy in wanted {
            if let first = origins[policy.id], !replacing {
                throw place.error(
                    "a policy for \(policy.selector) \(statement.direction.word) is there already, at \(first)"
                )
            }
        }
        for policy in wanted {
            if let index = policies.firstIndex(where: { $0.id == policy.id }) {
                policies[index] = policy
            } else {
                policies.append(policy)
            }
            origins[policy.id] = place.origin
        }
        return remark
    }

    private mutating func delete(
        _ selector: Selector, _ direction: PolicyDirection, at place: SourceLocation
    ) -> Diagnostic? {
        let directions = direction == .inbound ? [direction, .forward] : [direction]
        let before = policies.count
        for direction in directions {
            let id = SecurityPolicyID(selector: selector, direction: direction)
            policies.removeAll { $0.id == id }
            origins[id] = nil
        }
        return policies.count < before
            ? nil : place.warning("no policy above is for this, nothing is deleted")
    }

    /// The copy of an inbound policy for packets that pass through: its first template may use any SA.
    private static func forwarded(_ policy: SecurityPolicy) -> SecurityPolicy {
        var copy = policy
        copy.direction = .forward
        if case .protect(var templates) = copy.action, let first = templates.first, case .unique = first.level
        {
            templates[0].level = .require
            copy.action = .protect(templates)
        }
        return copy
    }

    private mutating func resolve(
        _ statement: PolicyStatement, at place: SourceLocation, _ remark: inout Diagnostic?
    ) -> SecurityPolicy.Action {
        switch statement.action {
        case .bypass: return .bypass
        case .discard: return .discard
        case .protect(let requests):
            var templates: [PolicyTemplate] = []
            for (index, request) in requests.enumerated() {
                let level = level(of: request, index, statement)
                if case .unique(let stated) = request.level, stated > Self.lastChosenRequestID {
                    remark = place.warning(
                        "'unique:\(stated)': numbers end at \(Self.lastChosenRequestID), \(level.requestID) is taken"
                    )
                }
                templates.append(
                    PolicyTemplate(
                        protocol: request.protocol, mode: request.mode,
                        tunnelSource: request.mode == .tunnel ? request.source : nil,
                        tunnelDestination: request.mode == .tunnel ? request.destination : nil, level: level))
            }
            return .protect(templates)
        }
    }

    private mutating func level(
        of request: PolicyRequest, _ index: Int, _ statement: PolicyStatement
    ) -> PolicyTemplate.Level {
        switch request.level {
        case .use: return .use
        case .require: return .require
        case .unique(let stated) where (1...Self.lastChosenRequestID).contains(stated):
            return .unique(requestID: stated)
        case .unique:
            let key = RequestKey(statement, index)
            let fresh = Self.lastChosenRequestID + 1 + UInt32(truncatingIfNeeded: requestIDs.count)
            let requestID = requestIDs[key] ?? fresh
            requestIDs[key] = requestID
            return .unique(requestID: requestID)
        }
    }
}

/// What a made-up request ID is for: the two directions of the same traffic share one, as their SAs are made together.
private struct RequestKey: Hashable {
    var selector: Selector
    var index: Int

    init(_ statement: PolicyStatement, _ index: Int) {
        selector = statement.direction == .outbound ? statement.selector : statement.selector.reversed
        self.index = index
    }
}

extension PolicyTemplate.Level {
    fileprivate var requestID: UInt32 {
        if case .unique(let requestID) = self { requestID } else { 0 }
    }
}

extension PolicyDirection {
    /// setkey's word.
    fileprivate var word: String {
        switch self {
        case .inbound: "in"
        case .outbound: "out"
        case .forward: "fwd"
        }
    }
}
