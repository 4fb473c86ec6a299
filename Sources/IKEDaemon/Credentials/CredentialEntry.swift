import Credentials
import Cryptography

/// Something that was loaded, for who asks what is.
struct CredentialEntry: Sendable {
    enum Role: String, Sendable {
        /// Ours, with its key.
        case own
        /// Trusted.
        case authority
        /// Completes chains.
        case intermediate
        /// The peer's, named beforehand.
        case peer
    }

    var role: Role
    var file: String
    /// nil for a key alone.
    var certificate: Certificate?
    var key: KeyKind?
    /// The remotes that use it.
    var users: [String]
}
