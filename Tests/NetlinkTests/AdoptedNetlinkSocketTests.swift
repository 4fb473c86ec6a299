import Glibc
import Testing
import Wire

@testable import Netlink

/// Sockets that came from elsewhere, of protocols that need no privilege.
@Suite struct AdoptedNetlinkSocketTests {
    private static let getLink: UInt16 = 18
    /// For programs among each other.
    private static let userFamily = NetlinkFamily(rawValue: 2)

    private static func open(_ family: NetlinkFamily) -> Int32 {
        socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), family.rawValue)
    }

    /// RTM_GETLINK for the loopback interface.
    private static var loopback: NetlinkRequest {
        var request = NetlinkRequest(type: getLink)
        request.putZeros(4)
        request.put(UInt32(1))
        request.putZeros(8)
        return request
    }

    @Test func requestsAreCarriedOutAndRefusalsAreThrown() throws {
        let adopted = try AdoptedNetlinkSocket(owning: Self.open(.route), .route)
        #expect(adopted.namespace != 0)
        var answers = 0
        for sequence in [0, 1, 1] as [UInt32] {
            try adopted.carryOut(Self.loopback, sequence: sequence, port: 99) { _, _ in answers += 1 }
        }
        #expect(answers == 3)
        var nowhere = NetlinkRequest(type: Self.getLink)
        nowhere.putZeros(4)
        nowhere.put(UInt32(0x7fff_fff0))
        nowhere.putZeros(8)
        let refusal = #expect(throws: NetlinkRefusal.self) {
            try adopted.carryOut(nowhere, sequence: 5, port: 0)
        }
        #expect(refusal?.code == ENODEV)
    }

    @Test func whatIsNoNetlinkSocketOfTheProtocolIsRefused() throws {
        for descriptor in [
            Self.open(.route), socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0), dup(0), -1,
        ] {
            let refusal = #expect(throws: NetlinkRefusal.self) {
                _ = try AdoptedNetlinkSocket(owning: descriptor, .xfrm)
            }
            #expect(refusal?.code == EINVAL)
        }
    }

    @Test func whatOthersThanTheKernelSendIsThrownAway() throws {
        let descriptor = Self.open(Self.userFamily)
        let adopted = try AdoptedNetlinkSocket(owning: descriptor, Self.userFamily)
        adopted.bind()
        var address: (UInt16, UInt16, UInt32, UInt32) = (0, 0, 0, 0)
        var size = socklen_t(12)
        _ = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        // Whoever passed it can undo what keeps others' messages away.
        var nobody = sockaddr()
        #expect(unsafe connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size)) == 0)
        let liar = Self.open(Self.userFamily)
        defer { close(liar) }
        // A netlink message of 20 octets and type 16.
        let lie: [UInt8] = [20, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]
        let sent = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(liar, lie, lie.count, 0, $0, size)
            }
        }
        #expect(sent == lie.count)
        var messages = 0
        let isThere = try adopted.receive { _, _ in messages += 1 }
        #expect(isThere)
        #expect(messages == 0)
        let isMore = try adopted.receive { _, _ in messages += 1 }
        #expect(!isMore)
    }
}
