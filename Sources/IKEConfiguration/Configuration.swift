package import Credentials
package import IPsec
package import Negotiation
package import SourceText

/// How much is logged (racoon's `log`).
package enum LogLevel: String, Hashable, Sendable, CaseIterable {
    case error
    case warning
    case notify
    case info
    case debug
    case debug2
}

/// An address to receive IKE on.
package struct ListenAddress: Hashable, Sendable {
    package var address: IPAddress
    /// The interface of a link-local address.
    package var interface: String?
    /// Host byte order; nil is the program's default (500, or 4500 for NAT traversal).
    package var port: UInt16?

    package init(address: IPAddress, interface: String? = nil, port: UInt16? = nil) {
        self.address = address
        self.interface = interface
        self.port = port
    }
}

/// What the `listen` block says.
package struct ListenPolicy: Hashable, Sendable {
    /// Empty: every address of every interface.
    package var isakmp: [ListenAddress] = []
    /// For NAT traversal; empty: as `isakmp`.
    package var isakmpNATT: [ListenAddress] = []
    /// Do not start unless every address can be bound.
    package var isStrict = false

    package init() {}
}

/// The files and directories of the `path` statements, made relative to the configuration file's directory.
package struct ConfiguredPaths: Hashable, Sendable {
    /// Where relative names of `include` are looked for.
    package var include: String
    /// The file of pre-shared keys; `psk.txt` beside the configuration file unless stated.
    package var preSharedKeys: String
    /// Certificates; `certs` beside the configuration file unless stated.
    package var certificates: String
    /// Whose which address of ours was, for after a restart.
    package var leases = "/var/lib/swiftike/leases.txt"
    package var scripts: String?
    package var backupSA: String?
    package var pidFile: String?

    /// The defaults beside a configuration file.
    package init(directory: String) {
        include = directory
        preSharedKeys = FilePath.join(directory, "psk.txt")
        certificates = FilePath.join(directory, "certs")
    }
}

/// How encrypted messages are padded (racoon's `padding`).
package struct PaddingPolicy: Hashable, Sendable {
    package var isRandom = true
    package var hasRandomLength = false
    package var maximumLength = 20
    package var lastOctetCounts = true
    package var isChecked = false

    package init() {}
}

/// All that a configuration file says, checked and with every default filled in.
package struct Configuration: Hashable, Sendable {
    package var policy: NegotiationPolicy
    package var paths: ConfiguredPaths
    package var logLevel: LogLevel
    package var listen: ListenPolicy
    package var padding: PaddingPolicy
    /// The policies of the files that `include_policy` names, in order.
    package var includedPolicies: [SecurityPolicy]
    /// Keys and certificates by remote.
    package var credentials: CredentialPlan
    /// Whether root may have the keys of SAs, to read captures (`key_export`).
    package var allowsKeyExport = false
    /// Warnings, and notices of what was accepted but is not in effect, in order of the text.
    package var notices: DiagnosticList

    package init(paths: ConfiguredPaths) {
        policy = NegotiationPolicy()
        self.paths = paths
        logLevel = .info
        listen = ListenPolicy()
        padding = PaddingPolicy()
        includedPolicies = []
        credentials = CredentialPlan(certificates: paths.certificates)
        notices = DiagnosticList()
    }
}

/// Why there is no configuration: at least one error, and whatever else was found.
package struct ConfigurationRejection: Error, Hashable, Sendable {
    package enum Cause: Hashable, Sendable {
        /// The configuration file itself cannot be read.
        case unreadable
        /// There are errors in what it says.
        case faulty
    }

    package let cause: Cause
    /// In order of the text.
    package let diagnostics: DiagnosticList

    init(_ cause: Cause, _ diagnostics: DiagnosticList) {
        self.cause = cause
        self.diagnostics = diagnostics
    }
}
