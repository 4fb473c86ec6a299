import Algorithms
import Testing

/// Nothing is missing of what Linux, PF_KEY, setkey and IANA know for ESP and AH.
struct CompletenessTests {
    /// net/xfrm/xfrm_algo.c: kernel name, bits of ICV (0 for ciphers), PF_KEY number, IV octets.
    static let kernelCiphers: [(String, Int, UInt8?, Int)] = [
        ("ecb(cipher_null)", 0, 11, 0), ("cbc(des)", 0, 2, 8), ("cbc(des3_ede)", 0, 3, 8),
        ("cbc(cast5)", 0, 6, 8), ("cbc(blowfish)", 0, 7, 8), ("cbc(aes)", 0, 12, 16),
        ("cbc(serpent)", 0, 252, 16), ("cbc(camellia)", 0, 22, 16), ("cbc(twofish)", 0, 253, 16),
        ("rfc3686(ctr(aes))", 0, 13, 8), ("cbc(sm4)", 0, 24, 16),
        ("rfc4106(gcm(aes))", 64, 18, 8), ("rfc4106(gcm(aes))", 96, 19, 8), ("rfc4106(gcm(aes))", 128, 20, 8),
        ("rfc4309(ccm(aes))", 64, 14, 8), ("rfc4309(ccm(aes))", 96, 15, 8), ("rfc4309(ccm(aes))", 128, 16, 8),
        ("rfc4543(gcm(aes))", 128, 23, 8), ("rfc7539esp(chacha20,poly1305)", 128, nil, 8),
    ]

    @Test func everyCipherOfTheKernelIsHereAndNoOther() {
        for (name, icvBits, number, ivSize) in Self.kernelCiphers {
            let entry = Catalogue.encryption(xfrm: name, icvBits: icvBits == 0 ? nil : icvBits)
            #expect(entry?.pfkey == number && entry?.ivSize == ivSize, "\(name) \(icvBits)")
        }
        #expect(Catalogue.encryption.count == Self.kernelCiphers.count)
    }

    /// Kernel name, bits of truncation, PF_KEY number, IPsec DOI attribute, AH transform.
    static let kernelIntegrity: [(String, Int, UInt8?, UInt16?, UInt8?)] = [
        ("digest_null", 0, 251, nil, nil), ("hmac(md5)", 96, 2, 1, 2), ("hmac(sha1)", 96, 3, 2, 3),
        ("hmac(sha256)", 128, 5, 5, 5), ("hmac(sha256)", 96, 5, nil, nil), ("hmac(sha384)", 192, 6, 6, 6),
        ("hmac(sha512)", 256, 7, 7, 7), ("hmac(rmd160)", 96, 8, 8, 8), ("xcbc(aes)", 96, 9, 9, 9),
        ("cmac(aes)", 96, nil, nil, nil), ("hmac(sm3)", 256, 10, nil, nil),
    ]

    @Test func everyIntegrityAlgorithmOfTheKernelIsHereAndNoOther() {
        for (name, icvBits, number, attribute, transform) in Self.kernelIntegrity {
            let entry = Catalogue.integrity(xfrm: name, icvBits: icvBits)
            #expect(entry?.pfkey == number && entry?.ikev1ESP == attribute, "\(name) \(icvBits)")
            #expect(entry?.ikev1AH == transform && entry?.isObsolete == false, "\(name)")
        }
        #expect(Catalogue.integrity.count { !$0.isObsolete } == Self.kernelIntegrity.count)
    }

    /// The words of setkey(8) and what `sadb_key_bits` they take.
    static let setkeyCiphers: [(String, ClosedRange<Int>)] = [
        ("des-cbc", 64...64), ("3des-cbc", 192...192), ("cast128-cbc", 40...128), ("blowfish-cbc", 40...448),
        ("null", 0...0), ("simple", 0...0), ("aes-cbc", 128...256), ("rijndael-cbc", 128...256),
        ("aes-ctr", 160...288), ("camellia-cbc", 128...256), ("twofish-cbc", 128...256),
        ("aes-gcm-16", 160...288), ("aes-gcm-12", 160...288), ("aes-gcm-8", 160...288),
        ("aes-ccm-16", 152...280), ("aes-ccm-12", 152...280), ("aes-ccm-8", 152...280),
        ("aes-gmac", 160...288), ("chacha20-poly1305", 288...288), ("serpent-cbc", 128...256),
        ("sm4-cbc", 128...128),
    ]

    @Test func everyCipherOfSetkeyIsHere() {
        for (word, bits) in Self.setkeyCiphers {
            let entry = Catalogue.encryption(setkey: word)
            let sizes = entry?.keyLengths.map { $0 + (entry?.saltSize ?? 0) * 8 }
            #expect(sizes?.min() == bits.lowerBound && sizes?.max() == bits.upperBound, "\(word)")
        }
        #expect(Set(Catalogue.encryption.flatMap(\.setkeyNames)) == Set(Self.setkeyCiphers.map(\.0)))
    }

    static let setkeyIntegrity: [(String, Int)] = [
        ("hmac-md5", 128), ("hmac-sha1", 160), ("hmac-sha256", 256), ("hmac-sha2-256", 256),
        ("hmac-sha256-96", 256), ("hmac-sha2-256-96", 256), ("hmac-sha384", 384), ("hmac-sha2-384", 384),
        ("hmac-sha512", 512), ("hmac-sha2-512", 512), ("hmac-ripemd160", 160), ("aes-xcbc-mac", 128),
        ("aes-xcbc", 128), ("aes-cmac", 128), ("hmac-sm3", 256), ("null", 0), ("keyed-md5", 128),
        ("keyed-sha1", 160),
    ]

    @Test func everyIntegrityAlgorithmOfSetkeyIsHere() {
        for (word, bits) in Self.setkeyIntegrity {
            #expect(Catalogue.integrity(setkey: word).map { $0.keySize * 8 } == bits, "\(word)")
        }
        #expect(Set(Catalogue.integrity.flatMap(\.setkeyNames)) == Set(Self.setkeyIntegrity.map(\.0)))
    }

    @Test(arguments: ["keyed-md5", "keyed-sha1", "des-deriv", "des-32iv", "rc5-cbc", "tcp-md5"])
    func whatNobodyPerformsIsRefusedWithAReason(_ word: String) {
        #expect(Catalogue.obsolescence(setkey: word)?.contains("Linux") == true)
        #expect(Catalogue.encryption(setkey: word) == nil)
        #expect(Catalogue.integrity(setkey: word)?.isObsolete ?? true)
    }

    @Test func whatSomebodyPerformsIsNotRefused() {
        for entry in Catalogue.integrity where !entry.isObsolete {
            #expect(entry.setkeyNames.allSatisfy { Catalogue.obsolescence(setkey: $0) == nil })
        }
        for entry in Catalogue.encryption {
            #expect(entry.setkeyNames.allSatisfy { Catalogue.obsolescence(setkey: $0) == nil })
        }
    }

    static let ladders: [(KeyLengths, [Int], [Int])] = [
        (KeyLengths(40...448, step: 8), [40, 128, 448], [0, 32, 41, 456]), (.aes, [192], [160, 320]),
    ]

    @Test(arguments: ladders)
    func keyLengthsAreALadder(_ lengths: KeyLengths, _ good: [Int], _ bad: [Int]) {
        #expect(good.allSatisfy(lengths.contains) && !bad.contains(where: lengths.contains))
    }

    @Test func keyLengthsAreShownAsAPersonWouldSayThem() {
        #expect("\(KeyLengths.aes)" == "128, 192, 256")
        #expect("\(KeyLengths(40...448, step: 8))" == "40 to 448 in steps of 8")
        #expect("\(KeyLengths(192))" == "192")
    }
}
