import Algorithms

/// What a configuration asks for and the host's cryptographic library refuses to do, as FIPS mode has it.
extension NegotiationPolicy {
    /// A message for each phase 1 proposal that cannot be carried out.
    ///
    /// Without it the proposal would be offered, or chosen for a peer, and fail once there are keys. Child policies are
    /// left out: where the kernel protects the packets, its ciphers are used and not the library's.
    ///
    /// - Parameter missing: the names of ciphers with their key lengths, of hashes and of groups.
    package func objections(missing: Set<String>) -> [String] {
        peers.flatMap(\.proposals).compactMap { proposal in
            let needed = ["\(proposal.encryption)", proposal.prf.performer, proposal.group.name]
                .filter(missing.contains)
            guard !needed.isEmpty else { return nil }
            return
                "\(proposal.origin): error: this proposal needs \(needed.joined(separator: " and ")), which this "
                + "host's libcrypto refuses (in FIPS mode, for example); name other algorithms"
        }
    }
}

extension PseudorandomFunction {
    /// What libcrypto must have for it.
    fileprivate var performer: String {
        switch construction {
        case .hmac(let hash): hash.rawValue
        case .aesXCBC, .aesCMAC: "\(CipherChoice(.aesCBC, keyBits: 128))"
        }
    }
}
