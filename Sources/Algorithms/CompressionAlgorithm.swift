/// A compression algorithm of IPComp: every number and name.
package final class CompressionAlgorithm: Sendable {
    /// The name in our own output, such as `deflate`.
    package let name: String
    /// IPsec DOI IPCOMP transform identifier (RFC 2407 section 4.4.5); IKEv2 uses the same.
    package let transform: UInt8
    /// PF_KEY SADB_X_CALG number.
    package let pfkey: UInt8
    /// The kernel's crypto API name in XFRM; nil where no Linux kernel ever had it.
    package let xfrm: String?
    /// setkey words after `-C`, the preferred one first.
    package let setkeyNames: [String]

    init(name: String, transform: UInt8, pfkey: UInt8, xfrm: String?, setkeyNames: [String]) {
        self.name = name
        self.transform = transform
        self.pfkey = pfkey
        self.xfrm = xfrm
        self.setkeyNames = setkeyNames
    }

    /// RFC 2394.
    package static let deflate = CompressionAlgorithm(
        name: "deflate", transform: 2, pfkey: 2, xfrm: "deflate", setkeyNames: ["deflate"])
    /// RFC 2395.
    package static let lzs = CompressionAlgorithm(
        name: "lzs", transform: 3, pfkey: 3, xfrm: "lzs", setkeyNames: ["lzs"])
    /// RFC 3051.
    package static let lzjh = CompressionAlgorithm(
        name: "lzjh", transform: 4, pfkey: 4, xfrm: "lzjh", setkeyNames: ["lzjh"])
    /// A vendor's own, which only setkey's language names.
    package static let oui = CompressionAlgorithm(
        name: "oui", transform: 1, pfkey: 1, xfrm: nil, setkeyNames: ["oui"])
}

extension CompressionAlgorithm: Hashable {
    package static func == (left: CompressionAlgorithm, right: CompressionAlgorithm) -> Bool {
        left.name == right.name
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension CompressionAlgorithm: CustomStringConvertible {
    package var description: String { name }
}
