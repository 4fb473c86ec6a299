/// A pseudorandom function of IKE.
///
/// In IKEv1 it is the HMAC of the negotiated hash (RFC 2409 section 4).
package final class PseudorandomFunction: Sendable {
    /// How it is made.
    package enum Construction: Hashable, Sendable {
        /// RFC 2104.
        case hmac(HashFunction)
        /// AES-XCBC-PRF-128 (RFC 4434).
        case aesXCBC
        /// AES-CMAC-PRF-128 (RFC 4615).
        case aesCMAC
    }

    /// The name in our own output, such as `hmac-sha2-256`.
    package let name: String
    package let construction: Construction

    /// Oakley hash algorithm, phase 1 attribute 2; nil where IKEv1 has none.
    package let ikev1Hash: UInt16?
    /// IKEv2 transform type 2.
    package let ikev2: UInt16?
    /// racoon.conf words for `hash_algorithm`, the preferred one first; none where IKEv1 has no number.
    package let keywords: [String]
    /// strongSwan's word in one-line proposals.
    package let proposalWord: String

    init(
        name: String, construction: Construction, ikev1Hash: UInt16?, ikev2: UInt16?, keywords: [String],
        proposalWord: String
    ) {
        self.name = name
        self.construction = construction
        self.ikev1Hash = ikev1Hash
        self.ikev2 = ikev2
        self.keywords = keywords
        self.proposalWord = proposalWord
    }

    /// Octets of output, and of the keys that IKEv2 makes for it: SK_d, SK_pi and SK_pr (RFC 7296 section 2.13).
    package var outputSize: Int { hash?.digestSize ?? 16 }

    /// The hash under the HMAC; nil where it is made of AES.
    package var hash: HashFunction? {
        switch construction {
        case .hmac(let hash): hash
        case .aesXCBC, .aesCMAC: nil
        }
    }

    /// Octets of each nonce that become the key of SKEYSEED (RFC 7296 section 2.14); nil for all there are.
    package var nonceKeySize: Int? {
        switch construction {
        case .hmac: nil
        case .aesXCBC, .aesCMAC: 8
        }
    }
}

extension PseudorandomFunction: Hashable {
    package static func == (left: PseudorandomFunction, right: PseudorandomFunction) -> Bool {
        left === right || left.name == right.name
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension PseudorandomFunction: CustomStringConvertible {
    package var description: String { name }
}
