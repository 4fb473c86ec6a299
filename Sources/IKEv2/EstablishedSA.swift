import Credentials
import IPsec
import Negotiation

/// What an IKE SA has once both sides are authenticated.
struct EstablishedSA {
    let secured: Secured
    let localIdentity: Identity
    let remoteIdentity: Identity
    let since: Instant
    /// By inbound SPI.
    var children: [SPI: ChildSA] = [:]
    /// The peer's request that waits for an effect before it is answered.
    var answering: Answering?
    /// Our half of a child whose SAs go into the database.
    var installing: [EffectToken: ChildInstallation] = [:]
    /// By the inbound SPI of a child: the peer replaced it while our own replacement was under way.
    var collisions: [SPI: RekeyCollision] = [:]
    var standing = Standing.current
    /// The peer made a successor while ours was under way.
    var rival: Rival?
    /// What the peer could not do, to be tried again.
    var postponed: [IKESA.Task] = []
    /// Requests in a row that the peer could not see to.
    var temporaryFailures = 0
    /// What the peer gave us to use inside.
    var received: AssignedConfiguration?
    /// Which addresses the peer has of us.
    var leased: [IPAddress] = []
    /// What its children brought policies along for.
    var protected: Set<ProtectedTraffic> = []
    /// Of IKE_SA_INIT, until the child SA of IKE_AUTH is made.
    var openingNonces: Nonces?
    /// When the peer's last authentic message came.
    var heard: Instant

    /// Forgets what was going into the database.
    mutating func endInstallation(_ token: EffectToken) {
        installing[token] = nil
        // Most SAs install nothing for hours: the room is given back.
        if installing.isEmpty { installing = [:] }
    }
}
