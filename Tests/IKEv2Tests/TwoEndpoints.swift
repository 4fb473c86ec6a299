package import Cryptography
package import Negotiation
import TestSupport

@testable import IKEv2

extension IKEv2Endpoint: MachineUnderTest {
    package init(policy: NegotiationPolicy, random: any RandomSource) {
        self.init(policy: policy, random: random, compressionIndices: CompressionIndices())
    }
}

/// Two IKEv2 endpoints in memory.
typealias TwoEndpoints = TwoMachines<IKEv2Endpoint>
