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
        #expect(duplicates(all.map { Optional($0.xfrm) }) == [])
        #expect(duplicates(all.flatMap { $0.keywords.map(Optional.some) }) == [])
        #expect(duplicates(all.flatMap { $0.setkeyNames.map(Optional.some) }) == [])
    }

    @Test func integrityAlgorithmsAreToldApartInEveryRegistry() {
        let all = Catalogue.integrity
        #expect(duplicates(all.map { Optional($0.name) }) == [])
        #expect(duplicates(all.map(\.ikev1ESP)) == [])
        #expect(duplicates(all.map(\.ikev1AH)) == [])
        #expect(duplicates(all.map(\.ikev2)) == [])
        #expect(duplicates(all.map(\.pfkey)) == [])
        #expect(duplicates(all.map { Optional($0.xfrm) }) == [])
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
        #expect(algorithm.keyLengths == algorithm.keyLengths.sorted())
        #expect(algorithm.hasVariableKeyLength == (algorithm.keyLengths.count > 1))
        #expect(algorithm.keyLengths.allSatisfy { $0.isMultiple(of: 8) })
        #expect(!algorithm.keywords.isEmpty && !algorithm.setkeyNames.isEmpty)
        #expect(
            CipherChoice(algorithm).keyMaterialSize == algorithm.defaultKeyLength / 8 + algorithm.saltSize)
        switch algorithm.construction {
        case .null: #expect(algorithm.keyLengths == [0] && algorithm.ivSize == 0 && algorithm.icvSize == 0)
        case .cbc: #expect(algorithm.ivSize == algorithm.blockSize && algorithm.blockSize >= 8)
        case .aead: #expect(algorithm.icvSize > 0 && algorithm.saltSize + algorithm.ivSize == 12)
        }
    }

    @Test(arguments: Catalogue.integrity)
    func integritySizesFitTogether(_ algorithm: IntegrityAlgorithm) {
        #expect(algorithm.keySize == algorithm.hash.digestSize)
        let isOld = algorithm.hash == .md5 || algorithm.hash == .sha1
        #expect(algorithm.icvSize == (isOld ? 12 : algorithm.hash.digestSize / 2))
    }

    @Test(arguments: Catalogue.keyExchange)
    func groupSizesFitTogether(_ method: KeyExchangeMethod) {
        switch method.family {
        case .modp(let bits):
            #expect(method.publicValueSize == bits / 8 && method.sharedSecretSize == bits / 8)
        case .ecp(let bits):
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
            #expect(Catalogue.encryption(xfrm: algorithm.xfrm) == algorithm)
        }
        for algorithm in Catalogue.integrity {
            for keyword in algorithm.keywords { #expect(Catalogue.integrity(keyword: keyword) == algorithm) }
            if let number = algorithm.ikev1ESP { #expect(Catalogue.integrity(ikev1ESP: number) == algorithm) }
            #expect(Catalogue.integrity(xfrm: algorithm.xfrm) == algorithm)
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
        #expect(Catalogue.keyExchange(keyword: "22") == nil)
    }
}
