/// How a side proves who it is, whichever version of IKE asks.
package enum AuthenticationKind: String, Hashable, Sendable, CaseIterable {
    case preSharedKey = "pre-shared key"
    /// With the private key of a certificate or of a raw public key.
    case signature
}
