package import IPsec
package import SourceText

/// One request on the way from a state to another.
package struct PlannedRequest {
    package var request: DatabaseRequest
    /// The statement behind it; nil for what only has to go.
    package var origin: SourceLocation?
}

/// Requests that turn one state into another, in an order in which no packet that both states protect ever passes
/// in clear.
///
/// 1. New SAs come first, so that new policies find them.
/// 2. Policies that let packets pass and that go or move to another priority stop doing so; while the old protecting
///    policies still stand, nothing that those protect met them.
/// 3. Policies are added and replaced, the strongest first: whatever outranks a policy in the end is there before it.
/// 4. Old protecting policies go.
/// 5. SAs whose keys or ends change are made anew. Packets under a policy that does without an SA where there is none
///    (level `use`) are discarded for that moment.
/// 6. Old SAs go.
package struct ChangePlan {
    package private(set) var requests: [PlannedRequest] = []
    private let difference: StateDifference
    /// Whether SAs are made anew, so that policies of level `use` need a guard meanwhile.
    private let needsUseGuard: Bool
    /// Policies that are not in their last form yet.
    private var guarded: [(entry: SPDEntry, origin: SourceLocation?)] = []

    package init(_ difference: StateDifference) {
        self.difference = difference
        needsUseGuard = difference.changedAssociations.contains { !$0.isChangedInPlace }
        for added in difference.addedAssociations {
            let entry = added.record.entry
            plan(difference.maturing.contains(entry.key) ? .updateSA(entry) : .addSA(entry), added.origin)
        }
        let settled = retireBypasses()
        setPolicies(settled)
        for removed in difference.removedPolicies where removed.entry.policy.action != .bypass {
            plan(.deletePolicy(removed.entry.key), nil)
        }
        remakeAssociations()
        for (entry, origin) in guarded { plan(.updatePolicy(entry), origin) }
        for removed in difference.removedAssociations { plan(.deleteSA(removed.entry.key), nil) }
    }

    private mutating func plan(_ request: DatabaseRequest, _ origin: SourceLocation?) {
        requests.append(PlannedRequest(request: request, origin: origin))
    }

    /// Step 2; gives the keys of policies that got their last form here.
    private mutating func retireBypasses() -> Set<SPDKey> {
        var settled: Set<SPDKey> = []
        for removed in difference.removedPolicies where removed.entry.policy.action == .bypass {
            plan(.deletePolicy(removed.entry.key), nil)
        }
        for changed in difference.changedPolicies where changed.old.entry.policy.action == .bypass {
            let new = changed.new.record.entry
            if new.policy.action != .bypass {
                set(new, changed.new.origin) { .updatePolicy($0) }
                settled.insert(new.key)
            } else if new.policy.priority != changed.old.entry.policy.priority, protectionChanges {
                plan(.updatePolicy(changed.old.entry.discarding), changed.new.origin)
            }
        }
        return settled
    }

    /// Whether a policy that protects or discards goes or changes.
    private var protectionChanges: Bool {
        difference.removedPolicies.contains { $0.entry.policy.action != .bypass }
            || difference.changedPolicies.contains { $0.old.entry.policy.action != .bypass }
    }

    /// Step 3.
    private mutating func setPolicies(_ settled: Set<SPDKey>) {
        if needsUseGuard {
            for kept in difference.keptPolicies where kept.entry.isOptional {
                set(kept.entry, nil) { .updatePolicy($0) }
            }
        }
        let changed = difference.changedPolicies.filter { !settled.contains($0.new.record.entry.key) }
        // Among equal priorities the older policy is the stronger one, and the changed ones were there before.
        let all =
            changed.sorted { $0.old.index < $1.old.index }.map { (policy: $0.new, isNew: false) }
            + difference.addedPolicies.map { (policy: $0, isNew: true) }
        let ordered = all.enumerated().sorted { left, right in
            let priorities = (
                left.element.policy.record.entry.policy.priority,
                right.element.policy.record.entry.policy.priority
            )
            return priorities.0 != priorities.1 ? priorities.0 < priorities.1 : left.offset < right.offset
        }
        for (policy, isNew) in ordered.map(\.element) {
            set(policy.record.entry, policy.origin) { isNew ? .addPolicy($0) : .updatePolicy($0) }
        }
    }

    /// Gives a policy its last form, or the guard of it.
    private mutating func set(
        _ entry: SPDEntry, _ origin: SourceLocation?, request: (SPDEntry) -> DatabaseRequest
    ) {
        guard needsUseGuard, entry.isOptional else { return plan(request(entry), origin) }
        plan(request(entry.discarding), origin)
        guarded.append((entry, origin))
    }

    /// Step 5.
    private mutating func remakeAssociations() {
        for changed in difference.changedAssociations {
            let new = changed.new.record.entry
            if changed.isChangedInPlace {
                plan(.updateSA(new), changed.new.origin)
            } else {
                plan(.deleteSA(changed.old.entry.key), changed.new.origin)
                plan(.addSA(new), changed.new.origin)
            }
        }
    }
}

extension SPDEntry {
    /// The same policy, but no packet passes.
    fileprivate var discarding: SPDEntry {
        var entry = self
        entry.policy.action = .discard
        return entry
    }

    /// Whether packets pass without an SA where there is none.
    fileprivate var isOptional: Bool { policy.templates.contains { $0.level == .use } }
}
