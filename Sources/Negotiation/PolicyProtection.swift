package import Algorithms
package import IPsec

/// What the templates of a policy ask of IKE.
package struct PolicyProtection: Hashable, Sendable {
    /// ESP or AH.
    package let `protocol`: SecurityProtocol
    package let mode: EncapsulationMode
    package let requestID: UInt32
    package let tunnelDestination: IPAddress?
    /// How packets are compressed first, by a template of IPComp; nil for not at all.
    package let compression: CompressionAlgorithm?
    /// Whether the policy finds no SAs that suit it where the peer does not compress.
    package let needsCompression: Bool

    /// Fails where no negotiation gives the policy what it asks for.
    package init(_ policy: SecurityPolicy) throws(NegotiationFailure) {
        let templates = policy.templates
        let negotiated = templates.filter(\.isNegotiated)
        guard let protection = negotiated.first else {
            throw Self.forbidden(policy, "asks for neither ESP nor AH, and nothing else is negotiated alone")
        }
        guard negotiated.count == 1, templates.count <= 2 else {
            throw Self.forbidden(
                policy,
                "asks for several of ESP, AH and IPComp in a row; one of ESP and AH, with IPComp before it or not, is "
                    + "what can be negotiated")
        }
        let compressing = templates.first { !$0.isNegotiated }
        let outermost = compressing ?? protection
        if let compressing {
            guard compressing == templates.first, protection.mode == .transport else {
                throw Self.forbidden(
                    policy,
                    "compresses inside of a tunnel of ESP or AH, and IKEv2 agrees on the tunnel being that of IPComp: "
                        + "write ipcomp/tunnel/FROM-TO/… and then esp/transport//require")
            }
            guard compressing.requestID == protection.requestID else {
                throw Self.forbidden(
                    policy,
                    "has request IDs \(compressing.requestID) for IPComp and \(protection.requestID) beside it, and "
                        + "what is negotiated together has one: give both the same, or none")
            }
        }
        self.protocol = protection.protocol
        mode = outermost.mode
        requestID = protection.requestID
        tunnelDestination = outermost.tunnelDestination
        compression = compressing == nil ? nil : .deflate
        needsCompression = compressing.map { $0.mode != .transport || $0.level != .use } ?? false
    }

    private static func forbidden(_ policy: SecurityPolicy, _ what: String) -> NegotiationFailure {
        .localPolicyForbids(.limit("the policy for \(policy.selector) \(what)"))
    }
}

extension PolicyTemplate {
    /// Whether IKE negotiates its SAs by themselves.
    package var isNegotiated: Bool {
        switch self.protocol {
        case .esp, .ah: true
        case .ipcomp: false
        }
    }
}

extension ChildRequest {
    /// What has SAs made that suit a policy.
    package init(
        _ protection: PolicyProtection, peer: String, path: Path, local: TrafficSelector,
        remote: TrafficSelector, acquireSequence: UInt32 = 0
    ) {
        self.init(
            tunnel: nil, peer: peer, path: path, local: local, remote: remote, mode: protection.mode,
            requestID: protection.requestID, acquireSequence: acquireSequence)
        `protocol` = protection.protocol
        compression = protection.compression
        needsCompression = protection.needsCompression
    }

    /// What IKEv1 does not negotiate of it; nil where it can be negotiated.
    package var obstacleInVersion1: NegotiationFailure? {
        .inVersion1(self.protocol, needsCompression: needsCompression)
    }
}

extension PolicyProtection {
    /// The same of what a policy asks for.
    package var obstacleInVersion1: NegotiationFailure? {
        .inVersion1(self.protocol, needsCompression: needsCompression)
    }
}

extension NegotiationFailure {
    fileprivate static func inVersion1(_ kind: SecurityProtocol, needsCompression: Bool) -> Self? {
        let unknown =
            kind != .esp
            ? "AH, and in IKEv1 ESP alone is negotiated"
            : needsCompression ? "compression (ipcomp), which is not negotiated in IKEv1" : nil
        return unknown.map {
            .localPolicyForbids(.limit("the policy asks for \($0); use exchange_mode ikev2"))
        }
    }

    /// A policy needs what the peer does not do.
    package static let withoutCompression = NegotiationFailure.localPolicyForbids(
        .limit(
            "the peer does not agree to compress, and the policy takes nothing else; have the peer compress, or take "
                + "ipcomp out of the policy"))
}
