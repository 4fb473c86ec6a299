/// A keyed integrity algorithm of ESP and AH: every number, name and size.
package final class IntegrityAlgorithm: Sendable {
    /// How the integrity check value is made.
    package enum Construction: Hashable, Sendable {
        /// No integrity at all: for tests of AH, and for ESP that only hides.
        case null
        /// RFC 2104.
        case hmac(HashFunction)
        /// AES-XCBC-MAC (RFC 3566).
        case xcbc
        /// AES-CMAC (RFC 4494).
        case cmac
        /// The hash of key, packet and key (RFC 1828), which HMAC replaced.
        case keyed(HashFunction)
    }

    /// The name in our own output, such as `hmac-sha2-256`.
    package let name: String
    package let construction: Construction
    /// Octets of key.
    package let keySize: Int
    /// Octets of the truncated integrity check value in a packet.
    package let icvSize: Int
    /// Whether the software engine performs it; if not, only a kernel that has it does.
    package let isInSoftware: Bool

    /// IPsec DOI authentication algorithm, phase 2 attribute 5.
    package let ikev1ESP: UInt16?
    /// IPsec DOI AH transform identifier.
    package let ikev1AH: UInt8?
    /// IKEv2 transform type 3.
    package let ikev2: UInt16?
    /// PF_KEY SADB_AALG number.
    package let pfkey: UInt8?
    /// The kernel's crypto API name in XFRM; nil where no Linux kernel has it.
    package let xfrm: String?
    /// racoon.conf words, the preferred one first; none where IKEv1 cannot negotiate it here.
    package let keywords: [String]
    /// setkey words after `-A`, the preferred one first.
    package let setkeyNames: [String]
    /// Words of strongSwan's and libreswan's one-line proposals, the preferred one first; none where IKEv2 cannot
    /// negotiate it.
    package let proposalWords: [String]

    init(
        name: String, construction: Construction, keySize: Int, icvSize: Int, isInSoftware: Bool,
        ikev1ESP: UInt16?, ikev1AH: UInt8?, ikev2: UInt16?, pfkey: UInt8?, xfrm: String?,
        keywords: [String], setkeyNames: [String], proposalWords: [String]
    ) {
        self.name = name
        self.construction = construction
        self.keySize = keySize
        self.icvSize = icvSize
        self.isInSoftware = isInSoftware
        self.ikev1ESP = ikev1ESP
        self.ikev1AH = ikev1AH
        self.ikev2 = ikev2
        self.pfkey = pfkey
        self.xfrm = xfrm
        self.keywords = keywords
        self.setkeyNames = setkeyNames
        self.proposalWords = proposalWords
    }

    /// The algorithm with another truncation; nil where so many bits of it are never sent.
    ///
    /// From 96 bits up to what the algorithm makes, at most 256: HMAC-MD5-128 and HMAC-SHA1-160 of RFC 4595, and
    /// the HMAC-SHA2-256-96 of a draft that kernels still know.
    package func truncated(toBits bits: Int) -> IntegrityAlgorithm? {
        guard bits.isMultiple(of: 8), bits >= 96, bits <= min(tagSize * 8, 256) else { return nil }
        return IntegrityAlgorithm(
            name: name, construction: construction, keySize: keySize, icvSize: bits / 8,
            isInSoftware: isInSoftware, ikev1ESP: ikev1ESP, ikev1AH: ikev1AH, ikev2: ikev2, pfkey: pfkey,
            xfrm: xfrm, keywords: keywords, setkeyNames: setkeyNames, proposalWords: proposalWords)
    }

    /// Octets of the whole tag.
    private var tagSize: Int {
        switch construction {
        case .null: 0
        case .hmac(let hash), .keyed(let hash): hash.digestSize
        case .xcbc, .cmac: 16
        }
    }

    /// The hash under the HMAC; nil where there is none.
    package var hash: HashFunction? {
        switch construction {
        case .hmac(let hash), .keyed(let hash): hash
        case .null, .xcbc, .cmac: nil
        }
    }

    /// Whether neither a Linux kernel nor the software engine performs it: it is only known by name.
    package var isObsolete: Bool { xfrm == nil && !isInSoftware }
}

extension IntegrityAlgorithm: Hashable {
    package static func == (left: IntegrityAlgorithm, right: IntegrityAlgorithm) -> Bool {
        left === right || left.name == right.name
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension IntegrityAlgorithm: CustomStringConvertible {
    package var description: String { name }
}

/// A hash function that libcrypto performs.
package enum HashFunction: String, Hashable, Sendable, CaseIterable {
    case md5
    case sha1
    case sha256
    case sha384
    case sha512
    case ripemd160
    case sm3

    /// Octets of digest.
    package var digestSize: Int {
        switch self {
        case .md5: 16
        case .sha1, .ripemd160: 20
        case .sha256, .sm3: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// Octets of the block that HMAC pads keys to.
    package var blockSize: Int {
        switch self {
        case .md5, .sha1, .sha256, .ripemd160, .sm3: 64
        case .sha384, .sha512: 128
        }
    }
}
