import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct WorkerAssignmentTests {
    private func peer(_ number: Int) -> IPAddress { IPAddress(family: .ipv4, value: UInt128(number)) }

    @Test func aPeersAssociationsStayTogetherAndPeersAreSpread() {
        var assignment = WorkerAssignment(workers: 2)
        let first = (0..<4).map { assignment.take(for: peer($0)) }
        #expect(first == [0, 1, 0, 1])
        #expect((0..<4).map { assignment.take(for: peer($0)) } == first)
    }

    @Test func aPeerIsForgottenWithItsLastAssociation() {
        var assignment = WorkerAssignment(workers: 2)
        _ = (assignment.take(for: peer(1)), assignment.take(for: peer(2)), assignment.take(for: peer(1)))
        assignment.release(peer(1))
        #expect(assignment.take(for: peer(3)) == 0, "both have one peer")
        assignment.release(peer(1))
        assignment.release(peer(3))
        #expect(assignment.take(for: peer(4)) == 0)
    }
}
