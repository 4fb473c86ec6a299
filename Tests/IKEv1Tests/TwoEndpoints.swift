import TestSupport

@testable import IKEv1

extension IKEv1Endpoint: MachineUnderTest {}

/// Two IKEv1 endpoints in memory.
typealias TwoEndpoints = TwoMachines<IKEv1Endpoint>
