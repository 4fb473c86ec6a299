package import Algorithms
package import Credentials
package import IPsec

/// A question to whoever holds the pre-shared keys: prf(key of that peer, data).
///
/// The key never leaves there.
package struct SharedSecretRequest: Hashable, Sendable {
    package var prf: PseudorandomFunction
    /// What is keyed; in IKEv1 Ni_b | Nr_b (RFC 2409 section 5).
    package var data: [UInt8]
    package var remoteAddress: IPAddress
    /// Known before the key is needed in aggressive mode and IKEv2, not in IKEv1 main mode.
    package let remoteIdentity: Identity?

    package init(
        prf: PseudorandomFunction, data: [UInt8], remoteAddress: IPAddress, remoteIdentity: Identity? = nil
    ) {
        self.prf = prf
        self.data = data
        self.remoteAddress = remoteAddress
        self.remoteIdentity = remoteIdentity
    }
}

/// What an endpoint wants done, in this order.
///
/// Plain values without descriptors or references to the machine. Boxed where they are large, so that a list of them
/// is small.
package enum Effect: Sendable {
    /// Send a datagram; the non-ESP marker is added where the path is a NAT traversal one.
    case send([UInt8], Path)
    /// Send a one-octet NAT keepalive (RFC 3948 section 2.3).
    case sendKeepalive(Path)
    /// Answered by `Event.sharedSecretKeyed`.
    case keyWithSharedSecret(EffectToken, SharedSecretRequest)
    /// Answered by `Event.signed`.
    case sign(EffectToken, SignatureRequest)
    /// Answered by `Event.verified`.
    indirect case verify(EffectToken, VerificationRequest)
    /// Put an SA into the SAD; answered by `Event.installed`.
    indirect case install(EffectToken, SecurityAssociation)
    case remove(SecurityAssociationID)
    indirect case updateEncapsulation(SecurityAssociation, UDPEncapsulation)
    /// Look for the policy that covers traffic a peer wants protected; answered by `Event.policyFound`.
    case findPolicy(EffectToken, local: TrafficSelector, remote: TrafficSelector)
    /// Choose addresses for an authenticated peer; answered by `Event.leased`.
    case lease(EffectToken, LeaseRequest)
    /// An IKE SA does not need these addresses any more.
    case release([IPAddress])
    /// Use what the peer with this name of a `remote` gave us.
    indirect case apply(AssignedConfiguration, peer: String, Path)
    /// An IKE SA does not need it any more.
    indirect case withdraw(AssignedConfiguration, peer: String, Path)
    /// Put policies for a child SA into the SPD; two IKE SAs may need the same for a while.
    indirect case protect(ProtectedTraffic)
    /// The last child SA of an IKE SA that needed them is gone.
    indirect case unprotect(ProtectedTraffic)
    /// Something a person may want to know.
    case report(Report)
    /// A message that went or came, for whoever asks afterwards.
    case trace(MessageTrace)
    /// A message that no IKE SA came of, for the same.
    indirect case refused(RefusedMessage)
}
