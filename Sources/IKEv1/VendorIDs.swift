import Algorithms
import Cryptography

/// Vendor IDs by which peers say what they understand.
enum VendorIDs {
    /// MD5 of `RFC 3947`.
    static let natTraversal = named("RFC 3947")
    /// MD5 of `draft-ietf-ipsec-nat-t-ike-02` with the line feed that its authors hashed along.
    static let natTraversalDraft02 = named("draft-ietf-ipsec-nat-t-ike-02\n")
    /// MD5 of `draft-ietf-ipsec-nat-t-ike-03`.
    static let natTraversalDraft03 = named("draft-ietf-ipsec-nat-t-ike-03")
    /// RFC 3706 section 5.1, version 1.0.
    static let deadPeerDetection: [UInt8] = [
        0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01, 0x00,
    ]

    private static func named(_ text: String) -> [UInt8] {
        Digest.compute(.md5, Array(text.utf8))
    }
}

/// What a peer's vendor IDs say that it understands; fixed once phase 1 has begun.
struct PeerCapabilities: Hashable {
    /// How a peer speaks of NAT traversal; the drafts use numbers of their own.
    enum NATTraversalDialect: Hashable {
        case none
        case draft
        case standard
    }

    var natTraversal = NATTraversalDialect.none
    var detectsDeadPeers = false

    init() {}

    init(vendorIDs: [[UInt8]]) {
        if vendorIDs.contains(VendorIDs.natTraversal) {
            natTraversal = .standard
        } else if vendorIDs.contains(VendorIDs.natTraversalDraft02)
            || vendorIDs.contains(VendorIDs.natTraversalDraft03)
        {
            natTraversal = .draft
        }
        // The last two octets are the version: any 1.x is understood.
        detectsDeadPeers = vendorIDs.contains {
            $0.count == 16 && $0.prefix(14).elementsEqual(VendorIDs.deadPeerDetection.prefix(14)) && $0[14] == 1
        }
    }
}
