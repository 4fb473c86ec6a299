package import Negotiation

/// Who answers for keys and certificates: functions, so that a shard needs none to be tested.
package struct SignatureAnswering: Sendable {
    package typealias Verdict = Result<PeerCredential, CredentialFailure>

    /// Signs for us.
    package var sign: @Sendable (SignatureRequest) -> Result<SignatureAnswer, CredentialFailure>
    /// Judges a peer; answers at any time, on any thread.
    package var verify: @Sendable (VerificationRequest, @escaping @Sendable (Verdict) -> Void) -> Void

    package init(
        sign: @escaping @Sendable (SignatureRequest) -> Result<SignatureAnswer, CredentialFailure>,
        verify: @escaping @Sendable (VerificationRequest, @escaping @Sendable (Verdict) -> Void) -> Void
    ) {
        self.sign = sign
        self.verify = verify
    }
}
