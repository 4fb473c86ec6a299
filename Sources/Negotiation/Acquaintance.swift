/// How far the endpoint of one IKE version has got with a peer.
package enum Acquaintance: Hashable, Sendable {
    /// It has nothing with the peer, or only what the peer began.
    case none
    /// It has sent a first message, and does not know yet what comes of it.
    case begun
    /// There is an SA under which children can be negotiated.
    case established
}
