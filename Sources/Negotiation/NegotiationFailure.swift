package import Credentials
package import IPsec

/// Which part of a negotiation something belongs to.
package enum NegotiationPhase: String, Hashable, Sendable {
    case ike = "phase 1"
    case child = "phase 2"
}

/// Why a negotiation did not come to an end; the top split is by who is at fault.
package enum NegotiationFailure: Error, Hashable, Sendable {
    /// Bytes that are no message: what was wrong with them.
    case peerMalformed(String)
    /// A well-formed message that the protocol does not allow here: what was wrong with it.
    case peerViolatedProtocol(String)
    /// Nothing that both sides accept; the nearest offers side by side, if the peer made any.
    case noCommonChoice(NegotiationPhase, ProposalComparison?)
    case authenticationFailed(AuthenticationCause)
    case localPolicyForbids(PolicyCause)
    case localResource(ResourceCause)
    /// The peer ended it.
    case peerDeclined(DeclineCause)
    /// We ended it ourselves; why.
    case cancelled(String)

    /// Why we do not believe a peer; told apart here and nowhere on the wire.
    package enum AuthenticationCause: Hashable, Sendable {
        /// What the peer encrypted is garbage to us, or its hash is wrong.
        case wrongKey
        case noSharedSecret(SharedSecretFailure)
        /// We cannot sign, or do not believe the peer's signature or certificate.
        case credential(CredentialFailure)
        /// The peer proved the key, but is not whom the configuration expects.
        case unexpectedIdentity(Identity, expected: [Identity], origin: String)
        /// The peer proves itself in another way than we take.
        case unexpectedMethod(String, expected: String)
    }

    /// What our configuration does not allow.
    package enum PolicyCause: Hashable, Sendable {
        /// No remote block for this address and exchange.
        case unknownPeer(IPAddress, exchange: String)
        /// No tunnel and no policy covers what the peer wants protected; what the tunnels with this peer say.
        case selectorMismatch(local: TrafficSelector, remote: TrafficSelector, configured: [String])
        /// No sainfo for these selectors.
        case noChildPolicy(local: TrafficSelector, remote: TrafficSelector)
        case passive(peer: String, origin: String)
        /// The peer asks for no address, which the tunnel that it could use needs.
        case addressRequired(tunnel: String, origin: String)
        /// The peer asks for an address that it cannot have; why.
        case noAddress(String)
        /// Too much of something at once.
        case limit(String)
    }

    /// What we could not do ourselves.
    package enum ResourceCause: Hashable, Sendable {
        case database(DatabaseFailure)
        case cryptography(String)
    }

    /// How a peer ended it.
    package enum DeclineCause: Hashable, Sendable {
        /// No answer to a message; the last thing an unauthenticated message from there claimed, if any.
        case silent(awaiting: String, tries: Int, hint: String?)
        /// Nothing came of our very first message; what an unauthenticated answer claimed, if there was one.
        case unreached(awaiting: String, tries: Int, hint: String?)
        /// It said so, and proved that it was it.
        ///
        /// With what we had asked for, a line each.
        case notified(String, number: UInt16, asked: [String] = [])
        case deleted
        /// It gave us no address to use inside, which the tunnel needs.
        case noAddress
        /// It did not answer whether it is alive.
        case dead(tries: Int)
    }
}

extension NegotiationFailure {
    /// One line for the log: the cause, and what to do.
    package var sentence: String {
        switch self {
        case .peerMalformed(let what): "the peer sent a malformed message: \(what)"
        case .peerViolatedProtocol(let what): "the peer broke the protocol: \(what)"
        case .noCommonChoice(let phase, let comparison):
            comparison == nil
                ? "no \(phase.rawValue) proposal chosen: the peer offered nothing that can be compared with ours"
                : "no \(phase.rawValue) proposal chosen: the nearest offer differs from ours as shown"
        case .authenticationFailed(let cause): cause.sentence
        case .localPolicyForbids(let cause): cause.sentence
        case .localResource(.database(let failure)): "the SA could not be installed: \(failure.explanation)"
        case .localResource(.cryptography(let what)): what
        case .peerDeclined(let cause): cause.sentence
        case .cancelled(let why): "given up: \(why)"
        }
    }

    /// Further lines: the table that compares offers, the selectors that exist.
    package var details: [String] {
        switch self {
        case .noCommonChoice(_, let comparison): comparison?.lines ?? []
        case .localPolicyForbids(.selectorMismatch(_, _, let configured)):
            configured.isEmpty ? ["no tunnel or policy with this peer is configured"] : configured
        case .peerDeclined(.notified(_, _, let asked)): asked.count > 1 ? asked : []
        case .authenticationFailed(.credential(let failure)): failure.details
        case .peerMalformed, .peerViolatedProtocol, .authenticationFailed, .localPolicyForbids,
            .localResource, .peerDeclined, .cancelled:
            []
        }
    }
}

extension NegotiationFailure.AuthenticationCause {
    fileprivate var sentence: String {
        switch self {
        case .wrongKey:
            "authentication failed: the pre-shared keys differ; make the entries on both sides the same"
        case .noSharedSecret(.noEntry(let file, let names)):
            "authentication failed: no pre-shared key for \(names.joined(separator: " or ")) in \(file); "
                + "add a line for it"
        case .noSharedSecret(.unusable(let why)): "authentication failed: \(why)"
        case .credential(let failure): "authentication failed: \(failure.sentence)"
        case .unexpectedMethod(let method, let expected):
            "authentication failed: the peer authenticates by \(method), and \(expected) is expected; make the "
                + "authentication method on both sides the same"
        case .unexpectedIdentity(let identity, let expected, let origin):
            "authentication failed: the peer is \(CredentialRefusal.text(identity)), but \(origin) expects "
                + expected.map(CredentialRefusal.text).joined(separator: " or ")
                + "; correct peers_identifier there, or my_identifier on the peer"
        }
    }
}

extension NegotiationFailure.PolicyCause {
    fileprivate var sentence: String {
        switch self {
        case .unknownPeer(let address, let exchange):
            "unknown peer \(address): no remote block allows it \(exchange) mode; if it is to come in, add "
                + "\"remote \(address) { exchange_mode \(exchange); ... }\", or \(exchange) to the exchange_mode of its block"
        case .selectorMismatch(let local, let remote, _):
            "the peer wants to protect \(local) (ours) with \(remote) (its), which no tunnel or policy does; "
                + "make the networks on both sides the same"
        case .noChildPolicy(let local, let remote):
            "no sainfo for \(local) with \(remote); add one, or sainfo anonymous"
        case .passive(let peer, let origin):
            "remote \"\(peer)\" is passive (\(origin)), so that only the peer may start"
        case .addressRequired(let tunnel, let origin):
            "the peer asks for no internal address, and tunnel \"\(tunnel)\" (\(origin)) is for peers that have one of "
                + "us; have the peer ask for a virtual IP"
        case .noAddress(let why): "the peer gets no internal address: \(why)"
        case .limit(let what): what
        }
    }
}

extension NegotiationFailure {
    /// The code that `swiftikectl explain` says more about; nil where there is nothing to add.
    package var code: String? {
        switch self {
        case .peerMalformed, .peerViolatedProtocol: "INVALID_SYNTAX"
        case .noCommonChoice: "NO_PROPOSAL_CHOSEN"
        case .authenticationFailed: "AUTHENTICATION_FAILED"
        case .localPolicyForbids(.selectorMismatch), .localPolicyForbids(.noChildPolicy): "TS_UNACCEPTABLE"
        case .localPolicyForbids(.addressRequired): "FAILED_CP_REQUIRED"
        case .localPolicyForbids(.noAddress): "INTERNAL_ADDRESS_FAILURE"
        case .peerDeclined(.silent), .peerDeclined(.unreached(_, _, nil)), .peerDeclined(.dead): "TIMEOUT"
        case .peerDeclined(.notified(let name, _, _)): Explanation(name)?.name
        case .peerDeclined(.unreached), .peerDeclined(.deleted), .peerDeclined(.noAddress),
            .localPolicyForbids, .localResource, .cancelled:
            nil
        }
    }
}

extension NegotiationFailure.DeclineCause {
    /// What the peer says, what we had asked for if it fits in the line, and what to do.
    private static func refusal(_ name: String, _ number: UInt16, _ asked: [String]) -> String {
        let ours = asked.count == 1 ? ": " + asked.joined() : ""
        let remedy = Explanation(name)?.remedies.first.map { "; \($0)" } ?? ""
        return "the peer refused: \(name) (\(number))\(ours)\(remedy)"
    }

    fileprivate var sentence: String {
        switch self {
        case .unreached(let awaiting, _, .some(let hint)):
            "\(hint) (said in clear in answer to our first message; awaiting \(awaiting))"
        case .silent(let awaiting, let tries, let hint), .unreached(let awaiting, let tries, let hint):
            "the peer did not answer (awaiting \(awaiting), sent \(tries) times)"
                + (hint.map { "; \($0)" } ?? "; is it running, and does a firewall pass UDP 500 and 4500?")
        case .notified(let name, let number, let asked): Self.refusal(name, number, asked)
        case .noAddress:
            "the peer gave us no internal address, which local_net assigned needs; give the peer a pool of addresses "
                + "(mode_cfg there), or write our network in local_net"
        case .deleted: "the peer deleted the SA"
        case .dead(let tries): "the peer is dead: \(tries) questions went unanswered"
        }
    }
}
