import Glibc
import IPsec
import Netlink

/// One reason for which the kernel refuses, how it is recognised, and what to do about it.
struct RefusalRule {
    /// Parts of the kernel's own words, all of which are there; empty for any words.
    var words: [String] = []
    /// Whether it is for kernels that give no words.
    var isSilent = false
    /// Error numbers that it comes with; empty for any.
    var codes: [Int32] = []
    /// What it is about; empty for anything.
    var targets: [KernelRefusal.Operation.Target] = []
    var kind: DatabaseFailure.Kind
    /// Cause and remedy; nil where the kernel's words say it all.
    var advice: @Sendable (RefusalSubject) -> String?

    func fits(_ refusal: NetlinkRefusal, _ operation: KernelRefusal.Operation) -> Bool {
        let explanation = refusal.explanation ?? ""
        return words.allSatisfy { explanation.contains($0) } && !(isSilent && refusal.explanation != nil)
            && (codes.isEmpty || codes.contains(refusal.code))
            && (targets.isEmpty || targets.contains(operation.target))
    }

    /// The kernel's words come first, for they say more than the number; then the number alone.
    static let table = types + algorithms + directions + replay + formsOfSAs + policies + numbers

    /// - Parameter words: parts of the kernel's words, between them an ellipsis.
    private static func said(
        _ words: String, _ kind: DatabaseFailure.Kind = .other, codes: [Int32] = [],
        _ advice: @escaping @Sendable (RefusalSubject) -> String?
    ) -> RefusalRule {
        RefusalRule(
            words: words.split(separator: "…").map(String.init), codes: codes, kind: kind, advice: advice)
    }

    private static func said(
        _ words: String, _ advice: String, _ kind: DatabaseFailure.Kind = .other
    ) -> RefusalRule {
        said(words, kind) { _ in advice }
    }

    private static func number(
        _ codes: [Int32], about targets: [KernelRefusal.Operation.Target] = [],
        _ kind: DatabaseFailure.Kind, _ advice: @escaping @Sendable (RefusalSubject) -> String?
    ) -> RefusalRule {
        RefusalRule(codes: codes, targets: targets, kind: kind, advice: advice)
    }

    private static let types = [
        said("Requested type not found", .unsupported) { $0.missingType },
        said("Requested mode not found", .unsupported) { $0.missingMode },
        said("Unsupported XFRM mode for IPcomp", "use transport or tunnel mode for IPComp", .unsupported),
        said("Unsupported mode", .unsupported) { $0.missingMode },
        said("IP-TFS mode requires in or out direction", "state the SA's direction"),
        said("IP-TFS mode only supported with ESP", "use ESP, or tunnel mode", .unsupported),
        said("IP-TFS options can only be used", "set the mode to iptfs or leave these options out"),
    ]

    private static let algorithms = [
        said("algorithm not found", .unsupported) { $0.missingAlgorithm },
        said("unable to initialize cryptographic operations", codes: [EINVAL, EKEYREJECTED]) {
            $0.keyLengths
        },
        said("unable to initialize cryptographic operations", .unsupported) { $0.missingAlgorithm },
        said("truncated ICV") { "the ICV cannot be longer than the digest: \($0.keyLengths)" },
        said("attribute length", codes: [EINVAL]) { $0.keyLengths },
        said("AEAD or CRYPT must be provided", "give a cipher; null is one, with an integrity algorithm"),
        said(
            "Missing required attribute for ESP",
            "give a cipher, and an integrity algorithm unless it is an AEAD"),
        said("Missing required attribute for AH", "give an integrity algorithm"),
        said("Missing required attribute for COMP", "give a compression algorithm, deflate"),
        said("AEAD can't be used with", "an AEAD takes no integrity algorithm beside it: leave that out"),
    ]

    private static let directions = [
        said("Replay…output SA", "an SA with direction out checks no replay: set its window to 0"),
        said("should not be set for output SA", "leave the flag out, or set the direction to in"),
        said("should not be set for input SA", "leave the flag out, or set the direction to out"),
        said("for output SA", "that belongs to SAs with direction in: leave it out"),
        said("for input SA", "that belongs to SAs with direction out: leave it out"),
        said("NAT keepalive is only supported for outbound", "set the direction to out"),
        said("NAT keepalive is only supported for UDP", "give the SA UDP encapsulation"),
        said("SA_PCPU only supported with SA_DIR", "state the SA's direction"),
        said("pCPU number too big", "the machine has fewer processors: choose a lower number"),
        said("Invalid attribute SA_DIR", "leave the direction out", .unsupported),
    ]

    private static let replay = [
        said(
            "ESN replay window must be > 0",
            "extended sequence numbers need a replay window: set one, 32 or more"),
        said("ESN replay window is too large", "the window exceeds its bitmap: set at most 4096"),
        said("ESN bitmap length", "set a replay window of at most 4096 packets"),
        said("ESN attribute is too short", "set a replay window of at most 4096 packets"),
        said("Missing required attribute for ESN", "extended sequence numbers need a replay window: set one"),
        said("ESN only supported for ESP and AH", "IPComp counts no packets: leave ESN out", .unsupported),
        said("ESN not compatible", "the replay window was given in two forms: give it once"),
    ]

    private static let formsOfSAs = [
        said("SPI is too large for COMP", "IPComp's CPI has 16 bits: choose 0x100 to 0xefff"),
        said("IPCOMP SPI must be", "IPComp's CPI has 16 bits: choose a range from 0x100 to 0xefff"),
        said("No SPI available", "all SPIs of the range are taken: give a wider range"),
        said("min > max", "the range is reversed"),
        said(
            "Target ACQUIRE not found", "the acquire has expired, or the larval SA has another end", .notFound
        ),
        said("TFC padding can only be used", "use tunnel mode, or leave the padding out"),
        said("AH is not compatible with encapsulation", "AH cannot pass a NAT: use ESP", .unsupported),
        said("IPComp is not compatible with encapsulation", "encapsulate the ESP SA around it", .unsupported),
        said("Unsupported encapsulation type", "use UDP encapsulation of the standard form", .unsupported),
        said("change of family", "packets of the other family need tunnel or BEET mode"),
        said("Invalid address family", "the families of addresses and selector do not go together"),
        said("in use by tunnels", "the kernel made it beside an IPComp tunnel: delete the IPComp SA"),
        said("MTIMER_THRESH", "the mapping threshold needs an SA with UDP encapsulation"),
        said("SA must be in VALID state", "it is larval, or at its end"),
        said("OUTPUT_MARK", "leave the output mark out"),
    ]

    private static let policies = [
        said("Mode in optional template", "outbound policies cannot skip a tunnel: use require or unique"),
        said("Template count", "the kernel takes 6 transformations in a policy at most", .unsupported),
        said("support a family change", "the outer addresses are of the other family: use tunnel mode"),
        said(
            "Policy index doesn't match", "the index's low three bits are the direction: in 0, out 1, fwd 2"),
        said(
            "Invalid policy direction", "the kernel has in, out and fwd; sockets' policies cannot be changed"),
        said("Invalid policy type", "the kernel has no second table (CONFIG_XFRM_SUB_POLICY)", .unsupported),
        said("Invalid prefix length", "a prefix has 32 bits at most in IPv4, 128 in IPv6"),
        said("Target policy not found", "no policy has just that selector and direction", .notFound),
        said("Invalid hash threshold", "a threshold has 32 bits at most in IPv4, 128 in IPv6"),
    ]

    private static let numbers = [
        number([EEXIST], about: [.newAssociation, .larvalAssociation], .alreadyExists) { _ in
            "an SA of that protocol, SPI and destination is there, maybe a larval one: draw another SPI, "
                + "or delete it first"
        },
        number([EEXIST], .alreadyExists) { _ in
            "one with that selector and direction is there, whatever its priority: update it, "
                + "or delete it first"
        },
        number([ESRCH], about: [.larvalAssociation], .notFound) { _ in
            "there is no such SA, or it has another mark or direction, or it was larval for longer than "
                + "net.core.xfrm_acq_expires seconds"
        },
        number([ESRCH, ENOENT], about: [.association, .larvalAssociation], .notFound) { _ in
            "no SA has that protocol, SPI, destination and mark"
        },
        number([ESRCH, ENOENT], about: [.policy, .newPolicy], .notFound) { _ in
            "no policy has that selector, direction, mark and interface"
        },
        // For a new SA this is a missing algorithm: nothing is looked up.
        number([ENOENT, ENOSYS], about: [.newAssociation], .unsupported) { $0.missingAlgorithm },
        number([ENOSYS], about: [.larvalAssociation], .unsupported) { $0.missingAlgorithm },
        number([EPROTONOSUPPORT], about: [.newAssociation, .larvalAssociation], .unsupported) {
            $0.missingType
        },
        RefusalRule(
            isSilent: true, codes: [EINVAL], targets: [.newAssociation, .larvalAssociation], kind: .other
        ) { $0.keyLengths },
        number([EOPNOTSUPP], .unsupported) { _ in
            "a 32-bit program needs a kernel with CONFIG_XFRM_USER_COMPAT; otherwise the device cannot do this"
        },
        number([ENOSYS, EPROTONOSUPPORT, EAFNOSUPPORT, ENOPROTOOPT], .unsupported) { _ in
            "this kernel was built without it"
        },
        number([EPERM, EACCES], .notPermitted) { _ in
            "run as root or with CAP_NET_ADMIN in this network namespace"
        },
        number([ENOBUFS, ENOMEM], .other) { _ in
            "the system is short of memory, or its sockets are (net.core.rmem_max)"
        },
        number([EMSGSIZE], .other) { _ in "keys, labels and attributes must fit into 32 KiB together" },
        number([ETIMEDOUT], .other) { _ in "the kernel may have done it all the same: list and compare" },
    ]
}
