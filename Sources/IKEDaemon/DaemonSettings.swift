package import Credentials
package import IPsec
package import Negotiation

/// What a configuration says, as far as the daemon needs it; changes with a reload.
package struct DaemonSettings: Hashable, Sendable {
    package var policy: NegotiationPolicy
    /// Policies of setkey files that are installed at start.
    package var includedPolicies: [SecurityPolicy]
    /// The file of pre-shared keys.
    package var secretsFile: String
    /// The file that tells after a restart whose which address was.
    package var leaseFile: String
    /// Keys and certificates.
    package var credentials: CredentialPlan
    package var logThreshold: ReportLevel
    package var sockets: [SocketPlan]
    /// Whether a socket that cannot be bound ends the start (`strict_address`).
    package var needsEverySocket: Bool
    /// Whether root may have the keys of SAs (`key_export`).
    package var allowsKeyExport = false
    /// What was accepted but has no effect, and warnings: lines for the log.
    package var notices: [String]

    package init(
        policy: NegotiationPolicy, includedPolicies: [SecurityPolicy] = [], secretsFile: String = "",
        leaseFile: String = "",
        credentials: CredentialPlan = CredentialPlan(certificates: ""),
        logThreshold: ReportLevel = .info, sockets: [SocketPlan] = [], needsEverySocket: Bool = false,
        notices: [String] = []
    ) {
        self.policy = policy
        self.includedPolicies = includedPolicies
        self.secretsFile = secretsFile
        self.leaseFile = leaseFile
        self.credentials = credentials
        self.logThreshold = logThreshold
        self.sockets = sockets
        self.needsEverySocket = needsEverySocket
        self.notices = notices
    }
}

/// A socket that IKE is to be received on.
package struct SocketPlan: Hashable, Sendable {
    package var family: AddressFamily
    /// nil is every address of the family.
    package var address: IPAddress?
    /// Host byte order.
    package var port: UInt16
    package var purpose: IKESocketPurpose

    package init(family: AddressFamily, address: IPAddress? = nil, port: UInt16, purpose: IKESocketPurpose) {
        self.family = family
        self.address = address
        self.port = port
        self.purpose = purpose
    }
}

extension DaemonSettings {
    /// What the tunnels ask for that a data plane without named devices does not have, a line each.
    package var namedDeviceObjections: [String] {
        policy.tunnels.compactMap { tunnel in
            tunnel.device.map { device in
                "\(tunnel.origin): error: tunnel \"\(tunnel.name)\" asks for interface \"\(device)\", which the "
                    + "kernel's data plane does not have; use --datapath userspace, or leave 'interface' out"
            }
        }
    }
}
