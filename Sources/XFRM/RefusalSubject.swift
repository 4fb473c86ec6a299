import Algorithms
import IPsec
import KeyMaterial

/// What a refusal is about, in words for the advice.
struct RefusalSubject {
    var operation: KernelRefusal.Operation
    var reader: KernelRefusal.Reader

    private var entry: SADEntry? { operation.entry }

    /// What else can be done than to change the kernel.
    var alternative: String {
        switch reader {
        case .daemon: ", or run with --datapath userspace"
        case .administrator: ""
        }
    }

    /// The part of the kernel that performs the SA's protocol.
    var missingType: String {
        guard let id = entry?.id else { return "load the protocol's kernel module" + alternative }
        let isIPv4 = id.destination.family == .ipv4
        let (name, option, module) =
            switch id.protocol {
            case .esp: ("ESP", "ESP", isIPv4 ? "esp4" : "esp6")
            case .ah: ("AH", "AH", isIPv4 ? "ah4" : "ah6")
            case .ipcomp: ("IPComp", "IPCOMP", isIPv4 ? "ipcomp" : "ipcomp6")
            }
        let family = isIPv4 ? "INET" : "INET6"
        return "the kernel has no \(name) (CONFIG_\(family)_\(option)): modprobe \(module)" + alternative
    }

    /// The mode's module.
    var missingMode: String {
        guard let mode = entry?.mode else { return "choose another mode" }
        switch mode {
        case .iptfs: return "the kernel has no IPTFS (CONFIG_XFRM_IPTFS, Linux 6.14): modprobe xfrm_iptfs"
        case .transport, .tunnel, .beet:
            return
                "the kernel has no \(mode.rawValue) mode: modprobe xfrm4_mode_\(mode.rawValue) "
                + "or choose another"
        }
    }

    /// The kernel's names of the algorithms, which are also what its module aliases are made of.
    var algorithms: String {
        switch entry?.transform {
        case .esp(let cipher, let integrity):
            [Self.name(cipher), integrity.map { Self.name($0.algorithm, \.xfrm) }]
                .compactMap(\.self).joined(separator: ", ")
        case .ah(let integrity): Self.name(integrity.algorithm, \.xfrm)
        case .ipcomp(let algorithm): Self.name(algorithm, \.xfrm)
        case .some(.none), nil: "the algorithm"
        }
    }

    var missingAlgorithm: String {
        "it lacks \(algorithms) or a template around them (authenc, echainiv, seqiv): "
            + "load the modules or choose another algorithm" + alternative
    }

    /// Keys and how long they are, with what the catalogue allows.
    var keyLengths: String {
        switch entry?.transform {
        case .esp(let cipher, let integrity):
            [Self.keyLength(cipher), integrity.flatMap(Self.keyLength)].compactMap(\.self)
                .joined(separator: ", ")
        case .ah(let integrity): Self.keyLength(integrity)
        case .ipcomp, .some(.none), nil: "check the key's length"
        }
    }

    private static func keyLength(_ cipher: KeyedCipher) -> String {
        let found = "the key for \(name(cipher)) has \(cipher.key.count * 8) bits"
        guard case .known(let algorithm) = cipher.algorithm else { return found }
        let salt = algorithm.saltSize * 8
        return found + ", it takes \(algorithm.keyLengths)" + (salt == 0 ? "" : " and \(salt) of salt")
    }

    private static func keyLength(_ integrity: KeyedIntegrity) -> String {
        "the key for \(name(integrity.algorithm, \.xfrm)) has \(integrity.key.count * 8) bits"
            + " and its ICV \(integrity.icvBits)"
    }

    private static func name(_ cipher: KeyedCipher) -> String {
        name(cipher.algorithm, \.xfrm) + (cipher.icvBits.map { " with an ICV of \($0) bits" } ?? "")
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
