import PFKey

/// An algorithm that Linux's PF_KEY socket knows: PF_KEY's number, the kernel's name, and what REGISTER tells of it.
struct KernelAlgorithm: Hashable {
    let number: UInt8
    let name: String
    /// Octets of IV as Linux tells them.
    let ivSize: UInt8
    /// Bits of key.
    let bits: ClosedRange<UInt16>

    private init(_ number: UInt8, _ name: String, iv: UInt8 = 0, _ bits: ClosedRange<UInt16>) {
        self.number = number
        self.name = name
        ivSize = iv
        self.bits = bits
    }

    /// What REGISTER tells.
    var supported: SADBSupported.Algorithm {
        SADBSupported.Algorithm(number, ivSize: ivSize, bits: bits)
    }

    /// In the kernel's order.
    static let integrity = [
        KernelAlgorithm(251, "digest_null", 0...0), KernelAlgorithm(2, "hmac(md5)", 128...128),
        KernelAlgorithm(3, "hmac(sha1)", 160...160), KernelAlgorithm(sha256, "hmac(sha256)", 256...256),
        KernelAlgorithm(6, "hmac(sha384)", 384...384), KernelAlgorithm(7, "hmac(sha512)", 512...512),
        KernelAlgorithm(8, "hmac(rmd160)", 160...160), KernelAlgorithm(9, "xcbc(aes)", 128...128),
        KernelAlgorithm(10, "hmac(sm3)", 256...256),
    ]

    /// In the kernel's order.
    static let encryption = [
        KernelAlgorithm(nullCipher, "ecb(cipher_null)", 0...0),
        KernelAlgorithm(2, "cbc(des)", iv: 8, 64...64),
        KernelAlgorithm(3, "cbc(des3_ede)", iv: 8, 192...192),
        KernelAlgorithm(6, "cbc(cast5)", iv: 8, 40...128),
        KernelAlgorithm(7, "cbc(blowfish)", iv: 8, 40...448),
        KernelAlgorithm(12, "cbc(aes)", iv: 8, 128...256),
        KernelAlgorithm(252, "cbc(serpent)", iv: 8, 128...256),
        KernelAlgorithm(22, "cbc(camellia)", iv: 8, 128...256),
        KernelAlgorithm(253, "cbc(twofish)", iv: 8, 128...256),
        KernelAlgorithm(13, "rfc3686(ctr(aes))", iv: 8, 160...288),
        KernelAlgorithm(24, "cbc(sm4)", iv: 16, 128...256),
    ]

    static let compression = [
        KernelAlgorithm(2, "deflate", 0...0), KernelAlgorithm(3, "lzs", 0...0),
        KernelAlgorithm(4, "lzjh", 0...0),
    ]

    static let sha256: UInt8 = 5
    static let nullIntegrity: UInt8 = 251
    static let nullCipher: UInt8 = 11
    /// The highest numbers of each kind; beyond them a request is malformed.
    static let (maximumIntegrity, maximumCipher, maximumCompression): (UInt8, UInt8, UInt8) = (251, 253, 4)
}

extension [KernelAlgorithm] {
    func named(_ name: String) -> KernelAlgorithm? { first { $0.name == name } }

    func numbered(_ number: UInt8) -> KernelAlgorithm? { first { $0.number == number } }
}
