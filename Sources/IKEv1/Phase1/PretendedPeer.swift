import Algorithms
import IPsec
import Negotiation

/// What an address without a `remote` block is answered with: as much as one whose pre-shared key is wrong sees.
///
/// Main mode with a pre-shared key learns who the peer is only when it is over, so that a stranger can be led
/// to the very message at which a wrong key fails. The answers look like those of the first block that
/// allows main mode: its NAT traversal, its vendor IDs, the size of its nonce. Where no block does, all of the
/// world meets silence, which tells nobody apart either.
///
/// The offers a stranger may choose from are those that RFC 8247 finds good enough, as there is no block to say
/// more. A stranger with none of them gets NO-PROPOSAL-CHOSEN, and so does a known peer whose offers its
/// block does not take: somebody at a single address cannot know which of the two it is.
enum PretendedPeer {
    private static let ciphers: [EncryptionAlgorithm] = [.aesCBC, .tripleDES]
    private static let pseudorandomFunctions: [PseudorandomFunction] = [
        .hmacSHA256, .hmacSHA384, .hmacSHA512, .hmacSHA1,
    ]
    /// Bounded at the upper end by what a stranger may have us compute.
    private static let groups: [KeyExchangeMethod] = [
        .modp2048, .modp3072, .modp4096, .ecp256, .ecp384, .ecp521,
    ]
    /// Nothing lives to see it.
    private static let lifetime = Duration.seconds(28800)

    /// The block to speak like; nil where no block lets anybody in.
    static func policy(_ policy: NegotiationPolicy) -> PeerPolicy? {
        guard var peer = policy.peers.first(where: { $0.exchangeModes.contains(.main) }) else { return nil }
        peer.name = "unknown"
        peer.proposals = []
        peer.isPassive = true
        peer.sendsInitialContact = false
        return peer
    }

    /// The first offer that we could do; nil if there is none.
    static func select(from offers: [IKEOffer]) -> IKESelection? {
        for (index, offer) in offers.enumerated() {
            guard let cipher = offer.encryption.choice, ciphers.contains(cipher.algorithm),
                let prf = offer.prf.choice, pseudorandomFunctions.contains(prf),
                let group = offer.group.choice, groups.contains(group),
                offer.authentication.choice == .preSharedKey
            else { continue }
            let proposal = IKEProposal(
                encryption: cipher, prf: prf, group: group, authentication: .preSharedKey,
                lifetime: lifetime)
            return IKESelection(index: index, proposal: proposal)
        }
        return nil
    }
}
