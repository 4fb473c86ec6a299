/// A vendor ID: octets by which a peer says what it is and what it can do (RFC 2408 section 3.16).
///
/// An open set; the constants are those that change what we do, and some that are worth a name in a log.
package struct VendorID: Hashable, Sendable {
    package let octets: [UInt8]

    package init(_ octets: [UInt8]) {
        self.octets = octets
    }

    /// NAT traversal of RFC 3947: MD5 of `RFC 3947`.
    package static let natTraversal = VendorID([
        0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f,
    ])
    /// NAT traversal of draft 02, hashed with a newline by mistake; most peers send this one.
    package static let natTraversalDraft02Newline = VendorID([
        0x90, 0xcb, 0x80, 0x91, 0x3e, 0xbb, 0x69, 0x6e, 0x08, 0x63, 0x81, 0xb5, 0xec, 0x42, 0x7b, 0x1f,
    ])
    package static let natTraversalDraft02 = VendorID([
        0xcd, 0x60, 0x46, 0x43, 0x35, 0xdf, 0x21, 0xf8, 0x7c, 0xfd, 0xb2, 0xfc, 0x68, 0xb6, 0xa4, 0x48,
    ])
    package static let natTraversalDraft03 = VendorID([
        0x7d, 0x94, 0x19, 0xa6, 0x53, 0x10, 0xca, 0x6f, 0x2c, 0x17, 0x9d, 0x92, 0x15, 0x52, 0x9d, 0x56,
    ])
    package static let natTraversalDraft00 = VendorID([
        0x44, 0x85, 0x15, 0x2d, 0x18, 0xb6, 0xbb, 0xcd, 0x0b, 0xe8, 0xa8, 0x46, 0x95, 0x79, 0xdd, 0xcc,
    ])
    /// Dead peer detection, version 1.0 (RFC 3706 section 5.1).
    package static let deadPeerDetection = VendorID(deadPeerDetectionHash + [0x01, 0x00])
    /// Extended authentication (draft-ietf-ipsec-isakmp-xauth-06).
    package static let extendedAuthentication = VendorID([0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12])
    /// Fragmentation of IKE messages: MD5 of `FRAGMENTATION`; some peers append four octets of flags.
    package static let fragmentation = VendorID([
        0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3,
    ])
    /// Cisco Unity.
    package static let unity = VendorID([
        0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc, 0x01, 0x00,
    ])

    /// Whether it announces dead peer detection: the hash, major version 1, any minor version.
    package var isDeadPeerDetection: Bool {
        octets.count == 16 && octets[14] == 0x01 && octets.starts(with: Self.deadPeerDetectionHash)
    }

    /// Whether it announces fragmentation, flags or not.
    package var isFragmentation: Bool { octets.starts(with: Self.fragmentation.octets) }

    private static let deadPeerDetectionHash: [UInt8] = [
        0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57,
    ]
}

extension VendorID: CustomStringConvertible {
    /// What it stands for, or its first 16 octets in hexadecimal.
    package var description: String {
        if isDeadPeerDetection { return "dead peer detection" }
        if isFragmentation { return "fragmentation" }
        return Self.names[self] ?? "unknown " + octets.prefix(16).map(Self.hexadecimal).joined()
    }

    private static let names: [VendorID: String] = [
        natTraversal: "NAT traversal (RFC 3947)",
        natTraversalDraft00: "NAT traversal (draft 00)",
        natTraversalDraft02: "NAT traversal (draft 02)",
        natTraversalDraft02Newline: "NAT traversal (draft 02 with newline)",
        natTraversalDraft03: "NAT traversal (draft 03)",
        extendedAuthentication: "extended authentication",
        unity: "Cisco Unity",
    ]

    private static func hexadecimal(_ octet: UInt8) -> String {
        (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }
}
