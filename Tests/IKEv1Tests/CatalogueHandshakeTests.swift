import Algorithms
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

/// Every algorithm of the catalogue, in every place where it may stand.
@Suite struct CatalogueHandshakeTests {
    private func establishes(_ change: (inout Policies) -> Void) -> TwoEndpoints {
        var policies = Policies()
        change(&policies)
        var pair = policies.pair(seed: 3)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.reachesBothWays, "\(pair.reports)")
        return pair
    }

    @Test(arguments: Choices.phaseOneCiphers, Choices.phaseOneFunctions)
    func phaseOne(cipher: CipherChoice, prf: PseudorandomFunction) {
        let pair = establishes {
            $0.encryption = cipher
            $0.prf = prf
        }
        #expect(pair.endpoints[0].status().ikeSAs.first?.encryption == "\(cipher)")
        #expect(pair.endpoints[1].status().ikeSAs.first?.prf == "\(prf)")
    }

    @Test(arguments: Choices.childSuites)
    func phaseTwo(cipher: CipherChoice, integrity: IntegrityAlgorithm) {
        let pair = establishes {
            $0.childEncryption = cipher
            $0.childIntegrity = integrity
        }
        let child = pair.endpoints[1].status().childSAs.first
        #expect(child?.encryption == cipher)
        #expect(child?.integrity == (cipher.algorithm.isAEAD ? nil : integrity))
    }

    @Test(arguments: Catalogue.keyExchange)
    func group(method: KeyExchangeMethod) {
        let pair = establishes {
            $0.group = method
            $0.pfsGroup = method
        }
        #expect(pair.endpoints[0].status().ikeSAs.first?.keyExchange == "\(method)")
    }
}
