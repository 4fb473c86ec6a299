import Algorithms
import Testing

/// The catalogue is the one place where numbers, names and sizes stand: gaps and doubles show here.
struct CatalogueTests {
    private func duplicates<Value: Hashable>(_ values: [Value?]) -> [Value] {
        var seen: Set<Value> = []
        return values.compactMap { $0 }.filter { !seen.insert($0).inserted }
    }

    @Test func ciphersAreToldApartInEveryRegistry() {
        let all = Catalogue.encryption
        #expect(duplicates(all.map { Optional($0.name) }) == [])
        #expect(duplicates(all.map(\.ikev1Phase1)) == [])
        #expect(duplicates(all.map(\.ikev1ESP)) == [])
        #expect(duplicates(all.map(\.ikev2)) == [])
        #expect(duplicates(all.map(\.pfkey)) == [])
        #expect(duplicates(all.map { Optional("\($0.xfrm) \($0.icvSize)") }) == [])
        #expect(duplicates(all.flatMap { $0.keywords.map(Optional.some) }) == [])
        #expect(duplicates(all.flatMap { $0.setkeyNames.map(Optional.some) }) == [])
    }

    @Test func integrityAlgorithmsAreToldApartInEveryRegistry() {
        let all = Catalogue.integrity
        #expect(duplicates(all.map { Optional($0.name) }) == [])
        #expect(duplicates(all.map(\.ikev1ESP)) == [])
        #expect(duplicates(all.map(\.ikev1AH)) == [])
        #expect(duplicates(all.map(\.ikev2)) == [])
        #expect(duplicates(all.map(\.pfkey)) == [5], "SHA2-256 has one number for both truncations")
        #expect(duplicates(all.map { $0.xfrm.map { "\($0)" } }) == ["hmac(sha256)"])
        #expect(duplicates(all.map { entry in entry.xfrm.map { "\($0) \(entry.icvSize)" } }) == [])
        #expect(duplicates(all.flatMap { $0.keywords.map(Optional.some) }) == [])
        #expect(duplicates(all.flatMap { $0.setkeyNames.map(Optional.some) }) == [])
    }

    @Test func prfsAndGroupsAreToldApart() {
        let prfs = Catalogue.pseudorandomFunctions
        #expect(duplicates(prfs.map { Optional($0.name) }) == [])
        #expect(duplicates(prfs.map(\.ikev1Hash)) == [])
        #expect(duplicates(prfs.map(\.ikev2)) == [])
        #expect(duplicates(prfs.flatMap { $0.keywords.map(Optional.some) }) == [])
        let groups = Catalogue.keyExchange
        #expect(duplicates(groups.map { Optional($0.name) }) == [])
        #expect(duplicates(groups.map { Optional($0.number) }) == [])
        #expect(duplicates(groups.flatMap { ($0.keywords + [String($0.number)]).map(Optional.some) }) == [])
    }

    @Test(arguments: Catalogue.encryption)
    func cipherSizesFitTogether(_ algorithm: EncryptionAlgorithm) {
        #expect(algorithm.keyLengths.contains(algorithm.defaultKeyLength))
        #expect(Array(algorithm.keyLengths) == algorithm.keyLengths.sorted())
        #expect(algorithm.hasVariableKeyLength == (Array(algorithm.keyLengths).count > 1))
        #expect(algorithm.keyLengths.allSatisfy { $0.isMultiple(of: 8) })
        #expect(!algorithm.setkeyNames.isEmpty)
        #expect(
            CipherChoice(algorithm).keyMaterialSize == algorithm.defaultKeyLength / 8 + algorithm.saltSize)
        #expect(algorithm.isAEAD == (algorithm.icvSize > 0))
        switch algorithm.construction {
        case .null: #expect(Array(algorithm.keyLengths) == [0] && algorithm.ivSize == 0)
        case .cbc: #expect(algorithm.ivSize == algorithm.blockSize && algorithm.blockSize >= 8)
        case .counter: #expect(algorithm.saltSize + algorithm.ivSize == 12)
        case .ccm: #expect(algorithm.saltSize + algorithm.ivSize == 11 && algorithm.icvSize >= 8)
        case .gcm, .gmac, .chaCha20Poly1305:
            #expect(algorithm.saltSize + algorithm.ivSize == 12 && algorithm.icvSize >= 8)
        }
    }

    @Test(arguments: Catalogue.integrity)
    func integritySizesFitTogether(_ algorithm: IntegrityAlgorithm) {
        switch algorithm.construction {
        case .null: #expect(algorithm.keySize == 0 && algorithm.icvSize == 0)
        case .xcbc, .cmac: #expect(algorithm.keySize == 16 && algorithm.icvSize == 12)
        case .hmac(let hash), .keyed(let hash):
            #expect(algorithm.keySize == hash.digestSize && algorithm.hash == hash)
            #expect([12, hash.digestSize / 2, hash.digestSize].contains(algorithm.icvSize))
        }
    }

    @Test(arguments: Catalogue.encryption)
    func whatIsNegotiatedHasANumberAndAnEngine(_ algorithm: EncryptionAlgorithm) {
        guard !algorithm.keywords.isEmpty else { return }
        #expect(algorithm.ikev1ESP != nil && algorithm.isInSoftware)
    }

    @Test(arguments: Catalogue.integrity)
    func whatIsNegotiatedHasANumberAndAnEngine(_ algorithm: IntegrityAlgorithm) {
        guard !algorithm.keywords.isEmpty else { return }
        #expect(algorithm.ikev1ESP != nil && algorithm.ikev1AH != nil && algorithm.isInSoftware)
    }

    @Test(arguments: Catalogue.keyExchange)
    func groupSizesFitTogether(_ method: KeyExchangeMethod) {
        switch method.family {
        case .modp(let bits), .modpSubgroup(let bits, _):
            #expect(method.publicValueSize == bits / 8 && method.sharedSecretSize == bits / 8)
        case .curve25519, .curve448:
            #expect(method.publicValueSize == method.sharedSecretSize)
        case .ecp(let bits), .brainpool(let bits):
            #expect(method.sharedSecretSize == (bits + 7) / 8)
            #expect(method.publicValueSize == 2 * method.sharedSecretSize)
        }
    }

    @Test func everyEntryIsFoundByItsNumbersAndNames() {
        for algorithm in Catalogue.encryption {
            for keyword in algorithm.keywords { #expect(Catalogue.encryption(keyword: keyword) == algorithm) }
            if let number = algorithm.ikev1Phase1 {
                #expect(Catalogue.encryption(ikev1Phase1: number) == algorithm)
            }
            if let number = algorithm.ikev1ESP {
                #expect(Catalogue.encryption(ikev1ESP: number) == algorithm)
            }
            let icvBits = algorithm.isAEAD ? algorithm.icvSize * 8 : nil
            #expect(Catalogue.encryption(xfrm: algorithm.xfrm, icvBits: icvBits) == algorithm)
            for word in algorithm.setkeyNames { #expect(Catalogue.encryption(setkey: word) == algorithm) }
            if let number = algorithm.pfkey { #expect(Catalogue.encryption(pfkey: number) == algorithm) }
        }
        for algorithm in Catalogue.integrity {
            for keyword in algorithm.keywords { #expect(Catalogue.integrity(keyword: keyword) == algorithm) }
            if let number = algorithm.ikev1ESP { #expect(Catalogue.integrity(ikev1ESP: number) == algorithm) }
            if let name = algorithm.xfrm {
                let icvBits = algorithm.icvSize * 8
                #expect(Catalogue.integrity(xfrm: name, icvBits: icvBits) == algorithm)
            }
            for word in algorithm.setkeyNames { #expect(Catalogue.integrity(setkey: word) == algorithm) }
            if let number = algorithm.pfkey, algorithm != .hmacSHA256With96Bits {
                #expect(Catalogue.integrity(pfkey: number) == algorithm)
            }
        }
        for prf in Catalogue.pseudorandomFunctions {
            for keyword in prf.keywords { #expect(Catalogue.pseudorandomFunction(keyword: keyword) == prf) }
            if let number = prf.ikev1Hash {
                #expect(Catalogue.pseudorandomFunction(ikev1Hash: number) == prf)
            }
        }
        for method in Catalogue.keyExchange {
            #expect(Catalogue.keyExchange(number: method.number) == method)
            #expect(Catalogue.keyExchange(keyword: String(method.number)) == method)
            for keyword in method.keywords { #expect(Catalogue.keyExchange(keyword: keyword) == method) }
        }
        #expect(Catalogue.encryption(ikev1ESP: 255) == nil)
        #expect(Catalogue.keyExchange(keyword: "33") == nil)
    }
}
