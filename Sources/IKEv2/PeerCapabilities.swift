import Negotiation

/// What a peer's IKE_SA_INIT says that it understands; fixed once there are keys.
struct PeerCapabilities: Hashable {
    /// RFC 7383.
    var readsFragments = false
    /// Numbers of the hashes it takes in digital signatures (RFC 7427 section 4); empty for none.
    var signatureHashes: [UInt16] = []
    /// Whether IKE_AUTH may go without a child SA (RFC 6023).
    var isChildlessAllowed = false

    init(_ message: Message) {
        for notify in message.notifications {
            switch notify.type {
            case .fragmentationSupported: readsFragments = true
            case .childlessIKEv2Supported: isChildlessAllowed = true
            case .signatureHashAlgorithms: signatureHashes = Self.numbers(notify.data)
            default: break
            }
        }
    }

    private static func numbers(_ octets: [UInt8]) -> [UInt16] {
        zip(octets, octets.dropFirst()).enumerated().compactMap { index, pair in
            index.isMultiple(of: 2) ? UInt16(pair.0) << 8 | UInt16(pair.1) : nil
        }
    }
}
