import Algorithms
import Glibc
import IPsec
import KeyMaterial
import LinuxIO
import UserspaceIPsec

/// Replaces SAs and policies without end while traffic goes on.
///
/// Both ends look at the same clock, which counts generations of SAs: of each, the inbound SA comes one generation
/// before the peer's outbound one and goes some after it, so that no packet may be lost.
struct Churn: Sendable {
    /// How long a generation is.
    private static let interval: Int64 = 250_000_000
    /// How many generations an inbound SA outlives the outbound one: packets wait long in a slow receiver's socket.
    private static let grace: Int64 = 16

    let plane: UserspaceDataPlane
    let scenarios: [Scenario]

    /// Works until the program ends.
    func run() {
        var current = Self.generation
        for generation in current - 1...current + 1 { begin(inbound: generation) }
        begin(outbound: current)
        while true {
            Self.wait(until: current + 1)
            current += 1
            begin(inbound: current + 1)
            begin(outbound: current)
            end(current)
            replacePolicies(current)
            look(current)
        }
    }

    private static var generation: Int64 { MonotonicClock.now.nanoseconds / interval }

    private static func wait(until generation: Int64) {
        while Self.generation < generation { usleep(5000) }
    }

    private func begin(inbound generation: Int64) {
        for scenario in scenarios {
            plane.add(
                scenario.association(.inbound, generation: generation), completion: report("add inbound"))
        }
    }

    private func begin(outbound generation: Int64) {
        for scenario in scenarios {
            plane.add(
                scenario.association(.outbound, generation: generation), completion: report("add outbound"))
        }
    }

    private func end(_ current: Int64) {
        for scenario in scenarios {
            let old = scenario.association(.outbound, generation: current - 1)
            plane.delete(old.id, completion: quietly)
            plane.delete(
                scenario.association(.inbound, generation: current - Self.grace).id, completion: quietly)
        }
    }

    /// Sets the policies that traffic needs once more, and has one that nothing meets come and go.
    private func replacePolicies(_ current: Int64) {
        for scenario in scenarios {
            for direction in PolicyDirection.allCases {
                plane.set(scenario.policy(direction), completion: report("set policy"))
            }
        }
        plane.set(Self.bystander(current), completion: report("set bystander"))
        plane.delete(Self.bystander(current - 1).id, completion: quietly)
    }

    private static func bystander(_ generation: Int64) -> SecurityPolicy {
        let value = 0xcb00_7100 + UInt32(truncatingIfNeeded: generation & 0xff)
        let address = IPAddress(family: .ipv4, value: UInt128(value))
        return SecurityPolicy(
            selector: Selector(source: IPPrefix(host: address), destination: IPPrefix(host: address)),
            direction: .outbound, action: .discard)
    }

    /// Reads what an administrator reads meanwhile.
    private func look(_ current: Int64) {
        _ = plane.drops
        _ = plane.droppedPackets
        for scenario in scenarios {
            let id = scenario.association(.inbound, generation: current).id
            plane.usage(of: id, completion: quietly)
            plane.record(of: id, completion: quietly)
        }
        if current % 8 == 0 { say("generation \(current)") }
    }

    /// What is gone at the beginning and the end is no failure.
    private func quietly<Value>(_ result: Result<Value, DatabaseFailure>) {}
}

extension Scenario {
    /// The same tunnel as `association` makes, with SPI and key of a generation.
    func association(_ direction: Direction, generation: Int64) -> SecurityAssociation {
        var association = association(direction)
        let number = UInt32(truncatingIfNeeded: generation & 0xffff)
        let end = UInt32(truncatingIfNeeded: association.id.destination.value & 0xff)
        association.id = SecurityAssociationID(
            destination: association.id.destination, protocol: .esp,
            spi: SPI(0x1000_0000 | end << 16 | number))
        association.requestID = requestID
        let key = Array(
            repeating: UInt8(truncatingIfNeeded: generation),
            count: association.transform.encryption.keyMaterialSize)
        association.transform.encryptionKey = SecretKey(copying: key)
        return association
    }
}
