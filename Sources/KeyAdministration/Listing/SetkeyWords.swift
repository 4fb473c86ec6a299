import Algorithms
import IPsec

/// What setkey's language calls the parts of an entry.
enum SetkeyWords {
    static func protocolName(_ number: SecurityProtocol) -> String {
        switch number {
        case .esp: "esp"
        case .ah: "ah"
        case .ipcomp: "ipcomp"
        }
    }

    /// As `-D` writes a mode: one that PF_KEY has no word for is a number.
    static func listedMode(_ mode: EncapsulationMode?) -> String {
        switch mode {
        case nil: "any"
        case .transport: "transport"
        case .tunnel: "tunnel"
        case .beet: "3"
        case .iptfs: "iptfs"
        }
    }

    static func direction(_ direction: PolicyDirection) -> String {
        switch direction {
        case .inbound: "in"
        case .outbound: "out"
        case .forward: "fwd"
        }
    }

    static func direction(_ direction: Direction) -> String {
        switch direction {
        case .inbound: "in"
        case .outbound: "out"
        }
    }

    static func name(_ cipher: KeyedCipher) -> String {
        switch cipher.algorithm {
        case .known(let algorithm): algorithm.setkeyNames.first ?? algorithm.name
        case .foreign(let name): name
        }
    }

    static func name(_ integrity: KeyedIntegrity) -> String {
        switch integrity.algorithm {
        case .known(let algorithm): algorithm.setkeyNames.first ?? algorithm.name
        case .foreign(let name): name
        }
    }

    static func name(_ compression: AlgorithmReference<CompressionAlgorithm>) -> String {
        switch compression {
        case .known(let algorithm): algorithm.setkeyNames.first ?? algorithm.name
        case .foreign(let name): name
        }
    }

    /// `prio high + 5`, from the nearest of the three bases; nil for 0.
    static func priority(_ priority: UInt32) -> String? {
        guard priority != 0 else { return nil }
        let (word, base): (String, UInt32) =
            switch priority {
            case ..<0x6000_0000: ("high", 0x4000_0000)
            case ..<0xa000_0000: ("def", 0x8000_0000)
            default: ("low", 0xc000_0000)
            }
        if priority == base { return "prio \(word)" }
        return priority < base
            ? "prio \(word) + \(base - priority)" : "prio \(word) - \(priority - base)"
    }

    static func action(_ action: SecurityPolicy.Action) -> String {
        switch action {
        case .bypass: "none"
        case .discard: "discard"
        case .protect: "ipsec"
        }
    }

    /// Request IDs above this one are the system's choice.
    static let largestStatedRequestID: UInt32 = 16383

    static func level(_ level: PolicyTemplate.Level) -> String {
        switch level {
        case .use: "use"
        case .require: "require"
        case .unique(let id): id > largestStatedRequestID ? "unique#\(id)" : "unique:\(id)"
        }
    }

    /// `esp/tunnel/192.0.2.1-192.0.2.2/require`; `port` stands behind each address.
    static func request(_ template: PolicyTemplate, port: String = "") -> String {
        var ends = ""
        if let source = template.tunnelSource, let destination = template.tunnelDestination {
            ends = "\(source)\(port)-\(destination)\(port)"
        }
        return "\(protocolName(template.protocol))/\(template.mode.rawValue)/\(ends)/\(level(template.level))"
    }
}
