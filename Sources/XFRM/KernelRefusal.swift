import Algorithms
import Glibc
import IPsec
import Netlink

/// Turns the kernel's refusals into sentences that say what to do.
enum KernelRefusal {
    /// What was asked of the kernel.
    enum Operation {
        case addState(SecurityAssociation)
        case updateState(SecurityAssociation)
        case deleteState(SecurityAssociationID)
        case readState(SecurityAssociationID)
        case setPolicy(SecurityPolicy)
        case deletePolicy(SecurityPolicyID)
        case listPolicies
    }

    static func failure(_ refusal: NetlinkRefusal, of operation: Operation) -> DatabaseFailure {
        let kind = kind(refusal, of: operation)
        let advice = advice(refusal, kind, operation).map { "; \($0)" } ?? ""
        return DatabaseFailure(kind, "the kernel did not \(subject(of: operation)): \(refusal)\(advice)")
    }

    private static func kind(_ refusal: NetlinkRefusal, of operation: Operation) -> DatabaseFailure.Kind {
        switch refusal.code {
        case EEXIST: .alreadyExists
        case ESRCH: .notFound
        // For a new SA this is a missing algorithm: nothing is looked up.
        case ENOENT: operation.makesState ? .unsupported : .notFound
        case ENOSYS, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT, ENOPROTOOPT: .unsupported
        case EPERM, EACCES: .notPermitted
        default: .other
        }
    }

    private static func subject(of operation: Operation) -> String {
        switch operation {
        case .addState(let association): "add the SA \(association.id)"
        case .updateState(let association): "change the SA \(association.id)"
        case .deleteState(let id): "delete the SA \(id)"
        case .readState(let id): "find the SA \(id)"
        case .setPolicy(let policy): "set the \(policy.direction) policy \(policy.selector)"
        case .deletePolicy(let id): "delete the \(id.direction) policy \(id.selector)"
        case .listPolicies: "list its policies"
        }
    }

    private static func advice(
        _ refusal: NetlinkRefusal, _ kind: DatabaseFailure.Kind, _ operation: Operation
    ) -> String? {
        switch kind {
        case .alreadyExists: operation.makesState ? "draw another SPI" : nil
        case .notFound: nil
        case .notPermitted: "run as root or with CAP_NET_ADMIN in this network namespace"
        case .unsupported: unsupportedAdvice(refusal.code, operation)
        case .other: refusal.code == ENOMEM || refusal.code == ENOBUFS ? "the system is short of memory" : nil
        }
    }

    private static func unsupportedAdvice(_ code: Int32, _ operation: Operation) -> String? {
        guard case .addState(let association) = operation else { return nil }
        guard code == EPROTONOSUPPORT else {
            return
                "it lacks \(algorithms(of: association)) or a template around them (authenc, echainiv, seqiv); "
                + "load the modules, choose another algorithm, or run with --datapath userspace"
        }
        return missingESP(association.id.destination.family)
    }

    /// What to do where there is no ESP.
    static func missingESP(_ family: AddressFamily) -> String {
        let (option, module) = family == .ipv4 ? ("CONFIG_INET_ESP", "esp4") : ("CONFIG_INET6_ESP", "esp6")
        return "the kernel has no ESP (\(option)): load \(module), or run with --datapath userspace"
    }

    /// The kernel's names, which are also what its module aliases are made of.
    private static func algorithms(of association: SecurityAssociation) -> String {
        let transform = association.transform
        let cipher = "\(transform.encryption) (\(transform.encryption.algorithm.xfrm))"
        return transform.integrity.map { "\(cipher), \($0) (\($0.xfrm ?? "no kernel name"))" } ?? cipher
    }
}

extension KernelRefusal.Operation {
    fileprivate var makesState: Bool {
        switch self {
        case .addState: true
        case .updateState, .deleteState, .readState, .setPolicy, .deletePolicy, .listPolicies: false
        }
    }
}
