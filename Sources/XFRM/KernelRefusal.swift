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
        let kind = kind(refusal, of: operation)
        let advice = advice(refusal, kind, operation, reader).map { "; \($0)" } ?? ""
        return DatabaseFailure(kind, "the kernel did not \(operation.subject): \(refusal)\(advice)")
    }

    private static func kind(_ refusal: NetlinkRefusal, of operation: Operation) -> DatabaseFailure.Kind {
        switch refusal.code {
        case EEXIST: .alreadyExists
        case ESRCH: .notFound
        // For a new SA this is a missing algorithm: nothing is looked up.
        case ENOENT: operation.newEntry == nil ? .notFound : .unsupported
        case ENOSYS, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT, ENOPROTOOPT: .unsupported
        case EPERM, EACCES: .notPermitted
        default: .other
        }
    }

    private static func advice(
        _ refusal: NetlinkRefusal, _ kind: DatabaseFailure.Kind, _ operation: Operation, _ reader: Reader
    ) -> String? {
        switch kind {
        case .alreadyExists: operation.newEntry == nil ? nil : "draw another SPI"
        case .notFound: nil
        case .notPermitted: "run as root or with CAP_NET_ADMIN in this network namespace"
        case .unsupported: unsupportedAdvice(refusal.code, operation, reader)
        case .other: refusal.code == ENOMEM || refusal.code == ENOBUFS ? "the system is short of memory" : nil
        }
    }

    private static func unsupportedAdvice(
        _ code: Int32, _ operation: Operation, _ reader: Reader
    ) -> String? {
        guard let entry = operation.newEntry else { return nil }
        guard code == EPROTONOSUPPORT else {
            return
                "it lacks \(entry.transform.algorithms) or a template around them (authenc, echainiv, seqiv); "
                + "load the modules, choose another algorithm" + alternative(reader)
        }
        return missingESP(entry.id.destination.family, reader)
    }

    /// What to do where there is no ESP.
    static func missingESP(_ family: AddressFamily, _ reader: Reader) -> String {
        let (option, module) = family == .ipv4 ? ("CONFIG_INET_ESP", "esp4") : ("CONFIG_INET6_ESP", "esp6")
        return "the kernel has no ESP (\(option)): load \(module)" + alternative(reader)
    }

    private static func alternative(_ reader: Reader) -> String {
        switch reader {
        case .daemon: ", or run with --datapath userspace"
        case .administrator: ""
        }
    }
}

extension KernelRefusal.Operation {
    /// The SA that was to be made.
    fileprivate var newEntry: SADEntry? {
        guard case .request(.addSA(let entry)) = self else { return nil }
        return entry
    }

    /// What was asked for, to follow "did not".
    fileprivate var subject: String {
        switch self {
        case .request(let request): request.subject
        case .listAssociations: "list its SAs"
        case .listPolicies: "list its policies"
        case .listen: "let us hear its events"
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

extension SATransform {
    /// The kernel's names, which are also what its module aliases are made of.
    fileprivate var algorithms: String {
        switch self {
        case .none: "the algorithm"
        case .esp(let cipher, let integrity):
            [Self.name(cipher.algorithm, \.xfrm), integrity.map { Self.name($0.algorithm, \.xfrm) }]
                .compactMap(\.self).joined(separator: ", ")
        case .ah(let integrity): Self.name(integrity.algorithm, \.xfrm)
        case .ipcomp(let algorithm): Self.name(algorithm, \.xfrm)
        }
    }

    private static func name<Entry>(
        _ algorithm: AlgorithmReference<Entry>, _ kernelName: (Entry) -> String?
    ) -> String {
        switch algorithm {
        case .known(let entry): kernelName(entry).map { "\(entry) (\($0))" } ?? "\(entry)"
        case .foreign(let name): name
        }
    }
}
