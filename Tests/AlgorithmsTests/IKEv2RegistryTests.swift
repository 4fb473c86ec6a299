import Algorithms
import Testing

struct IKEv2RegistryTests {
    @Test func whatIsPerformedHasANameAndIsFound() {
        for algorithm in Catalogue.encryption {
            guard let number = algorithm.ikev2 else { continue }
            #expect(IKEv2Registry.name(type: 1, number: number) != nil, "\(algorithm)")
            #expect(Catalogue.encryption(ikev2: number) == algorithm)
        }
        for prf in Catalogue.pseudorandomFunctions {
            guard let number = prf.ikev2 else { continue }
            #expect(IKEv2Registry.name(type: 2, number: number) != nil, "\(prf)")
            #expect(Catalogue.pseudorandomFunction(ikev2: number) == prf)
        }
        for algorithm in Catalogue.integrity {
            guard let number = algorithm.ikev2 else { continue }
            #expect(IKEv2Registry.name(type: 3, number: number) != nil, "\(algorithm)")
            #expect(Catalogue.integrity(ikev2: number) == algorithm)
        }
        for method in Catalogue.keyExchange {
            #expect(IKEv2Registry.name(type: 4, number: method.number) != nil, "\(method)")
        }
    }

    @Test func whatNobodyPerformsHasANameToo() {
        #expect(IKEv2Registry.name(type: 1, number: 24) == "CAMELLIA_CTR")
        #expect(IKEv2Registry.name(type: 6, number: 36) == "ML_KEM_768")
        #expect(IKEv2Registry.name(type: 5, number: 2) == "32_BIT_UNSPECIFIED")
        #expect(IKEv2Registry.name(type: 1, number: 1024) == nil)
        #expect(IKEv2Registry.name(type: 200, number: 1) == nil)
        #expect(IKEv2Registry.typeName(12) == "additional key exchange 7")
        #expect(IKEv2Registry.typeName(15) == nil)
    }

    private func flaw(_ number: UInt16, _ keyBits: Int?) -> TransformFlaw? {
        do throws(TransformFlaw) {
            _ = try CipherChoice(ikev2: number, keyBits: keyBits)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: Catalogue.encryption)
    func keyLengthsAreNamedWhereTheyVaryAndNowhereElse(_ algorithm: EncryptionAlgorithm) throws {
        guard let number = algorithm.ikev2 else { return }
        for bits in algorithm.keyLengths {
            let choice = CipherChoice(algorithm, keyBits: bits)
            #expect(try CipherChoice(ikev2: number, keyBits: choice.keyLengthAttribute) == choice)
        }
        let other = algorithm.hasVariableKeyLength ? nil : algorithm.defaultKeyLength
        let expected: TransformFlaw =
            algorithm.hasVariableKeyLength
            ? .noKeyLength(algorithm) : .keyLength(algorithm, bits: algorithm.defaultKeyLength)
        #expect(flaw(number, other) == expected)
        for bits in [-1, 1, 127, 100_000] { #expect(flaw(number, bits) == .keyLength(algorithm, bits: bits)) }
    }

    @Test func ciphersOfOthersAreCalledByName() {
        #expect(flaw(24, 128)?.description == "CAMELLIA_CTR, which is not performed here")
        #expect(flaw(999, nil)?.description == "encryption 999")
    }
}
