import TestSupport

@testable import IKEv2

extension IKEv2Endpoint: MachineUnderTest {}

/// Two IKEv2 endpoints in memory.
typealias TwoEndpoints = TwoMachines<IKEv2Endpoint>
