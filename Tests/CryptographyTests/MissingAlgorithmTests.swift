import Algorithms
import Cryptography
import Glibc
import KeyMaterial
import TestSupport
import Testing

/// What the host's libcrypto refuses is told by name; each host is a process of its own, with libcrypto set up so.
struct MissingAlgorithmTests {
    private static func failure(
        _ encryption: EncryptionAlgorithm, _ integrity: IntegrityAlgorithm?
    ) -> CipherFailure? {
        let choice = CipherChoice(encryption)
        do throws(CipherFailure) {
            _ = try PacketProtection(
                choice,
                encryptionKey: SecretKey(copying: [UInt8](repeating: 7, count: choice.keyMaterialSize)),
                integrity: integrity,
                integrityKey: integrity.map { SecretKey(copying: [UInt8](repeating: 3, count: $0.keySize)) },
                use: .sealing, ivSeed: SecretBytes(copying: [UInt8](repeating: 5, count: 16)))
            return nil
        } catch {
            return error
        }
    }

    @Test func withoutTheLegacyProviderThreeOldCiphersAreMissing() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("OPENSSL_MODULES", "/nonexistent", 1)
            let old: [EncryptionAlgorithm] = [.cast128CBC, .blowfishCBC, .desCBC]
            #expect(FetchedAlgorithms.missingInBrief() == old.map(\.name))
            // Each length of key is a name that a configuration may have offered.
            let choices = old.flatMap { cipher in
                cipher.keyLengths.map { CipherChoice(cipher, keyBits: $0).description }
            }
            #expect(FetchedAlgorithms.missing() == choices)
            for cipher in old {
                let name = CipherChoice(cipher).description
                #expect(MissingAlgorithmTests.failure(cipher, .hmacSHA256) == .missing(name))
            }
            #expect(MissingAlgorithmTests.failure(.tripleDES, .hmacRIPEMD160) == nil)
        }
    }

    /// `default_properties` of openssl.cnf, as in FIPS mode but with no provider that meets them.
    @Test func underARestrictedPropertyQueryEveryOneIsNamed() async {
        await #expect(processExitsWith: .success) {
            let missing = try RestrictedLibcrypto.whenFirst { FetchedAlgorithms.missingInBrief() }
            let ciphers = Catalogue.encryption.filter { $0.isInSoftware && $0.construction != .null }
            #expect(missing == HashFunction.allCases.map(\.rawValue) + ciphers.map(\.name))
            for integrity in Catalogue.integrity where integrity.isInSoftware && integrity != .null {
                let name = integrity.hash?.rawValue ?? "aes-cbc-128"
                do throws(CipherFailure) {
                    let key = SecretKey(copying: [UInt8](repeating: 3, count: integrity.keySize))
                    _ = try PacketAuthentication(integrity, key: key)
                    Issue.record("\(integrity) is keyed")
                } catch {
                    #expect(error == .missing(name))
                }
            }
            #expect(
                MissingAlgorithmTests.failure(.aesGCM16, nil)?.description
                    == "the libcrypto of this host lacks aes-gcm-16-128")
        }
    }

    /// One entry each, whatever the host lacks.
    @Test func everyNameOfTheCatalogueIsThereOnce() {
        let names = Catalogue.encryption.map(\.name) + Catalogue.integrity.map(\.name)
        #expect(Set(Catalogue.encryption.map(\.name)).count == Catalogue.encryption.count)
        #expect(Set(Catalogue.integrity.map(\.name)).count == Catalogue.integrity.count)
        #expect(names.allSatisfy { !$0.isEmpty })
    }
}
