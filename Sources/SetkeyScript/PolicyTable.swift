package import IPsec
package import SourceText

/// The policies that setkey files describe, as if setkey had run on them one after the other.
///
/// Each `in` policy is also made for packets that pass through (`fwd`), as setkey does.
package struct PolicyTable {
    private static let refusedSecurityContext =
        "'-ctx' is not supported by swiftike: policies carry no security context"
    private static let refusedTag =
        "'tagged' is not supported by swiftike: Linux has no policies by packet tag"

    /// In the order they were added.
    package private(set) var policies: [SecurityPolicy] = []
    private var origins: [SecurityPolicyID: SourceLocation] = [:]
    private var resolution = StatementResolution(names: .none)

    package init() {}

    /// Where a policy is written.
    package func location(of id: SecurityPolicyID) -> SourceLocation? { origins[id] }

    /// Applies the statements of a file, and says what is wrong, left out or unusual.
    package mutating func apply(_ file: SourceFile) -> DiagnosticList {
        var (statements, diagnostics) = StatementParser.parse(file)
        for statement in statements {
            do throws(Diagnostic) {
                for remark in try apply(statement) { diagnostics.append(remark) }
            } catch {
                diagnostics.append(error)
            }
        }
        return diagnostics
    }

    private mutating func apply(_ statement: Statement) throws(Diagnostic) -> [Diagnostic] {
        let place = statement.location
        switch statement.kind {
        case .addPolicy(let policy):
            return try add(policy, replacing: false, at: place)
        case .updatePolicy(let policy):
            return try add(policy, replacing: true, at: place)
        case .deletePolicy(let subject, let direction):
            return try delete(subject, direction, at: place)
        case .flushPolicies:
            removeAll()
            return []
        case .addAssociation, .updateAssociation, .getAssociation, .allocateSPI, .deleteAssociation,
            .deleteAllAssociations:
            throw place.error(
                "'\(statement.keyword)': SA statements are not loaded by include_policy; use swiftkey")
        case .flushAssociations:
            return [place.notice("'flush' has no effect here: include_policy loads policies alone")]
        case .dumpPolicies, .dumpAssociations:
            return [place.notice("dumps have no effect here; use swiftkey to see what is in force")]
        case .exit:
            return []
        }
    }

    private mutating func removeAll() {
        policies = []
        origins = [:]
    }

    private mutating func add(
        _ statement: PolicyStatement, replacing: Bool, at place: SourceLocation
    ) throws(Diagnostic) -> [Diagnostic] {
        try Self.check(statement.subject, at: place)
        resolution.remarks = []
        let wanted = try resolution.entries(statement, at: place).map(\.policy)
        for policy in wanted {
            if let first = origins[policy.id], !replacing {
                throw place.error(
                    "a policy for \(policy.selector) \(statement.direction.word) is there already, at \(first.origin)"
                )
            }
        }
        for policy in wanted {
            if let index = policies.firstIndex(where: { $0.id == policy.id }) {
                policies[index] = policy
            } else {
                policies.append(policy)
            }
            origins[policy.id] = place
        }
        return resolution.remarks
    }

    private mutating func delete(
        _ subject: PolicySubject, _ direction: PolicyDirection, at place: SourceLocation
    ) throws(Diagnostic) -> [Diagnostic] {
        try Self.check(subject, at: place)
        let before = policies.count
        for id in try resolution.keys(subject, direction, at: place).map(\.id) {
            policies.removeAll { $0.id == id }
            origins[id] = nil
        }
        return policies.count < before
            ? [] : [place.warning("no policy above is for this, nothing is deleted")]
    }

    /// Refuses what a `SecurityPolicy` has no room for.
    private static func check(_ subject: PolicySubject, at place: SourceLocation) throws(Diagnostic) {
        if let context = subject.options.contextLocation { throw context.error(refusedSecurityContext) }
        guard !subject.hasOptions else {
            throw place.error("'-o' is not supported by include_policy; use swiftkey")
        }
        switch subject.traffic {
        case .tagged(_, let tagged): throw tagged.error(refusedTag)
        case .ranges(let source, let destination, _):
            for host in [source.host, destination.host] {
                guard case .scoped = host.form else { continue }
                throw host.location.error("expected an address alone; an interface cannot be part of it")
            }
        }
    }
}

extension PolicyDirection {
    /// setkey's word.
    var word: String {
        switch self {
        case .inbound: "in"
        case .outbound: "out"
        case .forward: "fwd"
        }
    }
}
