import Algorithms
import Glibc
import IPsec
import Netlink

/// Turns the kernel's refusals into sentences that say what to do.
enum KernelRefusal {
    /// What was asked of the kernel.
    enum Operation {
        case request(DatabaseRequest)
        case listAssociations
        case listPolicies
        case listen
        /// Anything else, to follow "did not", and what it looks up.
        case other(String, Target)
    }

    /// Who reads the sentence, which decides what can be done.
    enum Reader {
        /// The log of a daemon that may also do IPsec itself.
        case daemon
        /// A person at a terminal who edits the databases.
        case administrator
    }

    static func failure(
        _ refusal: NetlinkRefusal, of operation: Operation, for reader: Reader
    ) -> DatabaseFailure {
        let rule = RefusalRule.table.first { $0.fits(refusal, operation) }
        let subject = RefusalSubject(operation: operation, reader: reader)
        let advice = rule?.advice(subject).map { "; \($0)" } ?? ""
        return DatabaseFailure(
            rule?.kind ?? .other, "the kernel did not \(operation.subject): \(refusal)\(advice)")
    }
}

extension KernelRefusal.Operation {
    /// The SA that was to be made or changed.
    var entry: SADEntry? {
        switch self {
        case .request(.addSA(let entry)), .request(.updateSA(let entry)),
            .request(.allocateSPI(let entry, _)):
            entry
        case .request, .listAssociations, .listPolicies, .listen, .other: nil
        }
    }

    /// What was to be looked up or made.
    var target: Target {
        switch self {
        case .request(.addSA), .request(.allocateSPI): .newAssociation
        case .request(.updateSA): .larvalAssociation
        case .request(.getSA), .request(.deleteSA), .request(.flushSAD), .listAssociations: .association
        case .request(.addPolicy), .request(.updatePolicy): .newPolicy
        case .request(.getPolicy), .request(.deletePolicy), .request(.flushSPD), .listPolicies: .policy
        case .listen: .events
        case .other(_, let target): target
        }
    }

    enum Target: Hashable {
        case tables
        case newAssociation
        /// Made mature, or changed.
        case larvalAssociation
        case association
        case newPolicy
        case policy
        case events
    }

    /// What was asked for, to follow "did not".
    fileprivate var subject: String {
        switch self {
        case .request(let request): request.subject
        case .listAssociations: "list its SAs"
        case .listPolicies: "list its policies"
        case .listen: "let us hear its events"
        case .other(let subject, _): subject
        }
    }
}

extension DatabaseRequest {
    fileprivate var subject: String {
        switch self {
        case .addSA(let entry): "add the SA \(entry.id)"
        case .updateSA(let entry): "change the SA \(entry.id)"
        case .getSA(let key): "find the SA \(key.id)"
        case .deleteSA(let key): "delete the SA \(key.id)"
        case .flushSAD(let kind): "flush its SAs" + (kind.map { " of \($0)" } ?? "")
        case .allocateSPI(let entry, let range):
            "allocate an SPI from \(range.lowerBound) to \(range.upperBound) to \(entry.id.destination)"
        case .addPolicy(let entry): "add the \(entry.policy.direction) policy \(entry.policy.selector)"
        case .updatePolicy(let entry): "set the \(entry.policy.direction) policy \(entry.policy.selector)"
        case .getPolicy(let key): "find the \(key.id.direction) policy \(key.id.selector)"
        case .deletePolicy(let key): "delete the \(key.id.direction) policy \(key.id.selector)"
        case .flushSPD: "flush its policies"
        }
    }
}
