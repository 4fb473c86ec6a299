import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct DeviceMTUTests {
    @Test func withoutAssociationsItIsCautious() {
        #expect(DeviceMTU.value(for: []) { _ in 1500 } == DeviceMTU.initial)
    }

    /// AES-CBC with HMAC-SHA-256-128: 20 + 8 + 16 + 16 octets around whole blocks that end with two of trailer.
    @Test(arguments: [
        (1500, EncapsulationMode.tunnel, false, 1438), (1500, .tunnel, true, 1422),
        (1500, .transport, false, 1458),
        (1400, .tunnel, false, 1326),
    ])
    func itLeavesRoomForTheOverhead(path: Int, mode: EncapsulationMode, isInUDP: Bool, expected: Int) throws {
        let ports = isInUDP ? UDPEncapsulation(sourcePort: 4500, destinationPort: 4500) : nil
        let association = try Samples.association(.outbound, mode: mode, encapsulation: ports)
        #expect(DeviceMTU.value(for: [[association]]) { _ in path } == expected)
    }

    /// AH with HMAC-SHA-256-128 is 28 octets, and 32 where it is padded as Linux does.
    @Test func aBundleTakesTheRoomOfEachOfItsAssociations() throws {
        let tunnel = try Samples.association(.outbound)
        let ah = try Samples.authentication(.outbound)
        #expect(DeviceMTU.value(for: [[ah]]) { _ in 1500 } == 1468)
        let inner = DeviceMTU.value(for: [[tunnel]]) { _ in 1468 }
        #expect(DeviceMTU.value(for: [[tunnel, ah]]) { _ in 1500 } == inner)
    }

    @Test func theSmallestPathDecidesButNotBelowWhatIPv6Needs() throws {
        let near = try Samples.association(.outbound)
        let far = try Samples.association(.outbound, spi: 0x2002, to: "198.51.100.9")
        #expect(DeviceMTU.value(for: [[near], [far]]) { $0 == far.id.destination ? 1400 : 1500 } == 1326)
        #expect(DeviceMTU.value(for: [[near]]) { _ in 576 } == DeviceMTU.minimum)
    }
}
