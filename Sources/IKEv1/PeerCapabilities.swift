/// What a peer's vendor IDs say that it understands; fixed once phase 1 has begun.
struct PeerCapabilities: Hashable {
    /// How a peer speaks of NAT traversal; nil where it does not.
    ///
    /// The drafts use numbers of their own.
    var natTraversal: Payload.NATForm?
    var detectsDeadPeers = false

    init(vendorIDs: [VendorID]) {
        if vendorIDs.contains(.natTraversal) {
            natTraversal = .rfc3947
        } else if vendorIDs.contains(.natTraversalDraft02) || vendorIDs.contains(.natTraversalDraft02Newline)
            || vendorIDs.contains(.natTraversalDraft03)
        {
            natTraversal = .draft
        }
        detectsDeadPeers = vendorIDs.contains(where: \.isDeadPeerDetection)
    }
}
