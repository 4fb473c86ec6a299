package import IPsec

/// What has to change for one state to become another.
package struct StateDifference {
    /// An SA under a key that is there already.
    package struct ChangedAssociation {
        package var old: SADRecord
        package var new: DatabaseState.Association
        /// Where they differ, in words.
        package var differences: [String]

        /// Whether the SA can be changed where it is, without being made anew.
        var isChangedInPlace: Bool { differences == ["lifetime"] }
    }

    package struct ChangedPolicy {
        package var old: SPDRecord
        package var new: DatabaseState.Policy
    }

    package private(set) var addedAssociations: [DatabaseState.Association] = []
    /// Those among the added ones whose SPI was allocated before: a larval SA is there.
    private(set) var maturing: Set<SADKey> = []
    package private(set) var changedAssociations: [ChangedAssociation] = []
    package private(set) var removedAssociations: [SADRecord] = []
    package private(set) var addedPolicies: [DatabaseState.Policy] = []
    package private(set) var changedPolicies: [ChangedPolicy] = []
    package private(set) var removedPolicies: [SPDRecord] = []
    /// Policies that stay as they are.
    private(set) var keptPolicies: [SPDRecord] = []

    package var isEmpty: Bool {
        addedAssociations.isEmpty && changedAssociations.isEmpty && removedAssociations.isEmpty
            && addedPolicies.isEmpty && changedPolicies.isEmpty && removedPolicies.isEmpty
    }

    package init(from old: DatabaseState, to new: DatabaseState) {
        compareAssociations(old, new)
        comparePolicies(old, new)
    }

    /// Larval SAs belong to whoever negotiates them: they are neither wanted nor in the way.
    private mutating func compareAssociations(_ old: DatabaseState, _ new: DatabaseState) {
        for wanted in new.associations where wanted.record.state != .larval {
            guard let present = old[wanted.record.entry.key]?.record, present.state != .larval else {
                addedAssociations.append(wanted)
                if old[wanted.record.entry.key] != nil { maturing.insert(wanted.record.entry.key) }
                continue
            }
            let differences = EntryComparison.differences(present.entry, wanted.record.entry)
            guard !differences.isEmpty else { continue }
            changedAssociations.append(
                ChangedAssociation(old: present, new: wanted, differences: differences))
        }
        for present in old.associations where present.record.state != .larval {
            if new[present.record.entry.key] == nil { removedAssociations.append(present.record) }
        }
    }

    private mutating func comparePolicies(_ old: DatabaseState, _ new: DatabaseState) {
        for wanted in new.policies {
            guard let present = old[wanted.record.entry.key]?.record else {
                addedPolicies.append(wanted)
                continue
            }
            if EntryComparison.isSame(present.entry, wanted.record.entry) {
                keptPolicies.append(present)
            } else {
                changedPolicies.append(ChangedPolicy(old: present, new: wanted))
            }
        }
        for present in old.policies where new[present.record.entry.key] == nil {
            removedPolicies.append(present.record)
        }
    }
}
