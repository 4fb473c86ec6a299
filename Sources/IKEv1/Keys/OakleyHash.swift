import Algorithms
import Negotiation

extension IKEProposal {
    /// The hash that phase 1 negotiates (RFC 2409 appendix A), which its pseudorandom function is the HMAC of.
    ///
    /// Phase 1 has numbers for such functions alone, so that no other was ever offered or chosen.
    var hash: HashFunction {
        guard let hash = prf.hash else { preconditionFailure("phase 1 cannot negotiate \(prf)") }
        return hash
    }
}
