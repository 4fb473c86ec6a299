import Algorithms
import KeyAgreement
import KeyMaterial
import TestSupport
import Testing

/// What the host's libcrypto refuses; each host is a process of its own, with libcrypto set up so.
struct MissingGroupTests {
    @Test func ordinaryHostsHaveAll() {
        #expect(KeyExchange.missing.isEmpty)
    }

    /// `default_properties` of openssl.cnf, as in FIPS mode but with no provider that meets them.
    @Test func underARestrictedPropertyQueryAllThatNeedAProviderAreMissing() async {
        await #expect(processExitsWith: .success) {
            let missing = try RestrictedLibcrypto.whenFirst { KeyExchange.missing }
            // Other groups are computed without a provider. Who computes in one is another question than who allows it.
            #expect(
                missing.map(\.name)
                    == ["modp1024s160", "modp2048s224", "modp2048s256", "curve25519", "curve448"])
            for method in missing where method == .curve25519 || method == .curve448 {
                let value = SecretBytes(copying: [UInt8](repeating: 7, count: method.publicValueSize))
                do throws(KeyExchangeFailure) {
                    _ = try KeyExchange(method, privateValue: value)
                    Issue.record("\(method) is computed in")
                } catch {
                    #expect(error == .unsupported(method == .curve448 ? "X448" : "X25519"))
                }
            }
        }
    }
}
