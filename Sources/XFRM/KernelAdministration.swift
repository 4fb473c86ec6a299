import Glibc
package import IPsec
import Netlink
import Wire

/// What this kernel can be asked beyond what every database has; each waits for its answer.
extension XFRMDatabase {
    package func sadSize() throws(DatabaseFailure) -> SADSize {
        try answer(TableMessages.sadSize(), .other("tell the size of its SAD", .tables)) {
            payload throws(WireError) in try TableMessages.sadSize(payload)
        }
    }

    package func spdSize() throws(DatabaseFailure) -> SPDSize {
        try answer(TableMessages.spdSize(), .other("tell the size of its SPD", .tables)) {
            payload throws(WireError) in try TableMessages.spdSize(payload)
        }
    }

    /// Sets from which prefix lengths on policies are looked up by hash.
    package func set(_ thresholds: SPDThresholds) throws(DatabaseFailure) {
        try perform(TableMessages.set(thresholds), .other("set the SPD's thresholds", .tables))
    }

    /// What happens to packets without a policy.
    package func defaultPolicies() throws(DatabaseFailure) -> DefaultPolicies {
        try answer(TableMessages.defaultPolicies(), .other("tell its default policies", .tables)) {
            payload throws(WireError) in try TableMessages.defaultPolicies(payload)
        }
    }

    /// Kernels before Linux 5.15 have no such message, and let pass what meets no policy.
    package func defaultAction(_ direction: PolicyDirection) throws(DatabaseFailure) -> DefaultAction? {
        let policies: DefaultPolicies
        do throws(DatabaseFailure) {
            policies = try defaultPolicies()
        } catch {
            guard error.kind == .notPermitted else { return .accept }
            throw error
        }
        return switch direction {
        case .inbound: policies.inbound.map(DefaultAction.init)
        case .outbound: policies.outbound.map(DefaultAction.init)
        case .forward: policies.forward.map(DefaultAction.init)
        }
    }

    /// Sets what happens to packets without a policy: to block them all blocks IKE and neighbour discovery too.
    package func set(_ policies: DefaultPolicies) throws(DatabaseFailure) {
        try perform(TableMessages.set(policies), .other("set its default policies", .tables))
    }

    /// A policy by the kernel's own number.
    package func policy(index: UInt32, table: SPDTable = .main) throws(DatabaseFailure) -> SPDRecord? {
        let operation = KernelRefusal.Operation.other("find the policy number \(index)", .policy)
        return try answer(PolicyMessages.get(index: index, table: table), operation) {
            payload throws(WireError) in try SPDRecord(kernel: payload)
        }
    }

    /// Deletes a policy by the kernel's own number.
    package func deletePolicy(index: UInt32, table: SPDTable = .main) throws(DatabaseFailure) {
        try perform(
            PolicyMessages.delete(index: index, table: table),
            .other("delete the policy number \(index)", .policy))
    }

    /// How far an SA's sequence numbers have come.
    package func replayReport(
        of key: SADKey, source: IPAddress
    ) throws(DatabaseFailure) -> ReplayReport? {
        let operation = KernelRefusal.Operation.other("tell the replay position of \(key.id)", .association)
        return try answer(ReplayMessages.get(key, source: source), operation) {
            payload throws(WireError) in try ReplayReport(kernel: payload)
        }
    }

    /// Sets how far an SA's sequence numbers have come, and when the kernel reports that.
    package func set(_ report: ReplayReport) throws(DatabaseFailure) {
        try perform(
            try ReplayMessages.set(report),
            .other("set the replay position of \(report.key.id)", .association))
    }

    /// Moves a policy's SAs and tunnels to other addresses.
    package func migrate(_ migration: Migration) throws(DatabaseFailure) {
        try perform(
            try MigrationMessages.message(migration),
            .other("migrate the policy \(migration.policy.id.selector)", .policy))
    }

    /// Tells listeners that an SA is at its limit; it is deleted at its hard one.
    package func expire(_ entry: SADEntry, _ limit: ExpiryLimit) throws(DatabaseFailure) {
        try perform(
            ExpiryMessages.expire(entry, limit), .other("expire the SA \(entry.id)", .association))
    }

    /// Tells listeners that a policy is at its limit; it is deleted at its hard one.
    package func expire(_ entry: SPDEntry, _ limit: ExpiryLimit) throws(DatabaseFailure) {
        try perform(
            ExpiryMessages.expire(entry, limit),
            .other("expire the policy \(entry.policy.selector)", .policy))
    }

    private func perform(
        _ message: NetlinkRequest, _ operation: KernelRefusal.Operation
    ) throws(DatabaseFailure) {
        let _: Void? = try ask(message, operation) { _ throws(WireError) in () }
    }

    private func answer<Value>(
        _ message: NetlinkRequest, _ operation: KernelRefusal.Operation,
        _ read: (Span<UInt8>) throws(WireError) -> Value
    ) throws(DatabaseFailure) -> Value {
        guard let value = try ask(message, operation, read) else {
            throw KernelRefusal.failure(Self.unreadable, of: operation, for: .administrator)
        }
        return value
    }

    private static var unreadable: NetlinkRefusal {
        NetlinkRefusal(code: EBADMSG, explanation: "its answer cannot be read")
    }

    /// Asks after all that was asked before, and waits.
    private func ask<Value>(
        _ message: NetlinkRequest, _ operation: KernelRefusal.Operation,
        _ read: (Span<UInt8>) throws(WireError) -> Value
    ) throws(DatabaseFailure) -> Value? {
        try finish()
        do throws(NetlinkRefusal) {
            var window = try NetlinkWindow<Value?>(.xfrm)
            _ = window.append(message, nil)
            let outcome = window.exchange { value, _, payload in value = try? read(payload) }.first
            if let refusal = outcome?.refusal { throw refusal }
            return outcome?.token
        } catch {
            throw KernelRefusal.failure(error, of: operation, for: .administrator)
        }
    }
}

extension DefaultAction {
    fileprivate init(_ action: DefaultPolicies.Action) {
        self =
            switch action {
            case .accept: .accept
            case .block: .block
            }
    }
}
