import IPsec
import Netlink
import PFKey
import TestSupport
import Testing
import XFRM

@testable import PFKeyKernel

@Suite struct KernelEventTests {
    private static let algorithms = SADBAlgorithms(
        authentication: KernelAlgorithm.integrity.map(\.supported),
        encryption: KernelAlgorithm.encryption.map(\.supported))

    private static func told(
        _ type: UInt16, _ payload: [UInt8], _ memory: inout AssociationMemory
    ) throws -> PFKeyNotice? {
        let header = NetlinkHeader(type: type, flags: 0, sequence: 7, port: 99)
        return try KernelEvent(header: header).notice(payload.span, &memory) { _ in algorithms }
    }

    private static func state() throws -> [UInt8] {
        try AssociationRequest(message: Sample.message(.add, .esp, Sample.plain), dialect: .linux)
            .whole(XFRMMessage.newState).octets
    }

    @Test func aNewSAAndItsEndAreToldWithWhatTheEndsReportLeavesOut() throws {
        var memory = AssociationMemory()
        let state = try Self.state()
        let added = try #require(try Self.told(XFRMMessage.newState, state, &memory))
        #expect(added.message.header.sequence == 7)
        #expect(added.message.header.process == 99)
        #expect(added.message.association?.state == SADBState.mature)
        #expect(added.message.key(.encryption)?.bits == 128)
        // A change of what is mature already is told as Linux tells it.
        let updated = try #require(try Self.told(XFRMMessage.updateState, state, &memory))
        #expect(updated.message.association?.state == SADBState.dead)
        let bare = Array(state[..<KernelSize.state])
        for (isHard, life) in [(false, SADBState.dying), (true, SADBState.dead)] {
            let end = bare + [isHard ? 1 : 0, 0, 0, 0, 0, 0, 0, 0]
            let expired = try #require(try Self.told(XFRMMessage.expire, end, &memory)).message
            #expect(expired.header.type == .expire)
            #expect(expired.header.sequence == 0)
            #expect(expired.association?.state == life)
            #expect(expired.association?.encryption == 12)
            #expect(expired.key(.encryption) == nil)
            #expect((expired.lifetime(.hard) != nil) == isHard)
            #expect((expired.lifetime(.soft) != nil) == !isHard)
        }
        // It is gone, and so is what was known of it.
        let late = try #require(try Self.told(XFRMMessage.expire, bare + [1, 0, 0, 0, 0, 0, 0, 0], &memory))
        #expect(late.message.association?.encryption == 0)
    }

    @Test func anSAIsDyingFromTheReportOfItsSoftLimitUntilItIsMadeAnew() throws {
        var memory = AssociationMemory()
        var used = try Self.state()
        // Its soft limit of octets, and what it carried: more, but the kernel has not taken notice.
        (used[96], used[160]) = (5, 9)
        for index in 97..<104 { used[index] = 0 }
        let association = try #require(try KernelAssociation(used.span))
        #expect(memory.state(of: association, at: 0) == SADBState.dying)
        _ = try Self.told(XFRMMessage.newState, used, &memory)
        #expect(memory.state(of: association, at: 0) == SADBState.mature)
        let limit = Array(used[..<KernelSize.state]) + [0, 0, 0, 0, 0, 0, 0, 0]
        _ = try Self.told(XFRMMessage.expire, limit, &memory)
        #expect(memory.state(of: association, at: 0) == SADBState.dying)
        _ = try Self.told(XFRMMessage.newState, used, &memory)
        #expect(memory.state(of: association, at: 0) == SADBState.mature)
        memory.noteLoss()
        #expect(memory.state(of: association, at: 0) == SADBState.dying)
    }

    @Test func anSAThatBecomesMatureIsToldSo() throws {
        var memory = AssociationMemory()
        let notice = try #require(try Self.told(XFRMMessage.updateState, try Self.state(), &memory))
        #expect(notice.message.header.type == .update)
        #expect(notice.message.association?.state == SADBState.mature)
    }

    @Test(arguments: [(50, 3, true), (255, 0, true), (0, 0, true), (51, 2, false)] as [(UInt8, UInt8, Bool)])
    func aFlushIsToldByItsKind(_ number: UInt8, _ satype: UInt8, _ forgets: Bool) throws {
        var memory = AssociationMemory()
        _ = try Self.told(XFRMMessage.newState, try Self.state(), &memory)
        let flushed = try #require(try Self.told(XFRMMessage.flushStates, [number], &memory))
        #expect(flushed.message.header.type == .flush)
        #expect(flushed.message.header.satype.value == satype)
        let updated = try Self.told(XFRMMessage.updateState, try Self.state(), &memory)
        #expect(updated?.message.association?.state == (forgets ? SADBState.mature : SADBState.dead))
    }

    /// xfrm_user_acquire for ESP between two hosts, with the masks of a template.
    private static func acquire(_ integrity: UInt32, _ encryption: UInt32, protocol: UInt8 = 50) throws
        -> [UInt8]
    {
        var request = NetlinkRequest(type: 0)
        request.put(Sample.two)
        request.putZeros(4)
        request.put(`protocol`)
        request.putZeros(3)
        request.put(Sample.one)
        let ends = (
            SADBAddress(host: Sample.one, upperProtocol: 255),
            SADBAddress(host: Sample.two, upperProtocol: 255)
        )
        request.putSelector(ends.0, ends.1)
        request.putSelector(ends.0, ends.1)
        request.putLimits(KernelLimits())
        request.put(UInt32(42))
        request.put(UInt32(9))
        request.putZeros(8)
        request.put(integrity)
        request.put(encryption)
        request.putZeros(4)
        request.put(UInt32(77))
        return request.octets
    }

    @Test(
        arguments: [
            (UInt32.max, UInt32.max, 50, 8 * 9), (0, 0, 50, 0), (1 << 3, 1 << 12 | 1 << 3, 50, 2),
            (.max, .max, 51, 8), (.max, .max, 108, 0),
        ] as [(UInt32, UInt32, UInt8, Int)])
    func anAcquireOffersWhatTheTemplateAllows(
        _ integrity: UInt32, _ encryption: UInt32, _ number: UInt8, _ count: Int
    ) throws {
        var memory = AssociationMemory()
        let octets = try Self.acquire(integrity, encryption, protocol: number)
        #expect(octets.count == 280)
        let message = try #require(try Self.told(XFRMMessage.acquire, octets, &memory)).message
        #expect(message.header.sequence == 77)
        #expect(message.header.process == 0)
        #expect(message.policy?.index == 9)
        #expect(message.policy?.priority == 42)
        #expect(message.address(.destination)?.address == Sample.two)
        let ends = 16 + 24 + 24 + 16
        #expect(try message.encoded().count == ends + (number == 108 ? 0 : 8 + 72 * count))
    }

    @Test func aMigrationIsToldAsItWasAskedForButForWhatLinuxLeavesOut() throws {
        let pair = SADBAddressPair(
            source: SADBSocketAddress(Sample.one), destination: SADBSocketAddress(Sample.two))
        let other = SADBAddressPair(
            source: SADBSocketAddress(Sample.three), destination: SADBSocketAddress(Sample.four))
        let requests = [pair, other].map {
            SADBPolicy.Request(protocol: 50, mode: 2, level: 3, requestID: 5, tunnel: $0)
        }
        var managers = other
        managers.reserved = 0x1234
        let selector: [SADBExtension] = [
            .address(
                .source,
                SADBAddress(
                    upperProtocol: 255, prefixLength: 24, endpoint: SADBSocketAddress(Sample.one, port: 500))),
            .address(.destination, SADBAddress(host: Sample.two, upperProtocol: 255)),
        ]
        let policy = SADBPolicy(type: 2, direction: 2, priority: 8, requests: requests)
        let request = try MigrationRequest(
            message: Sample.message(
                .migrate, .esp, selector + [.policy(policy), .keyManagerAddress(managers)])
        ).whole()
        var memory = AssociationMemory()
        memory.isStale = false
        let message = try #require(try Self.told(XFRMMessage.migrate, request.octets, &memory)).message
        #expect(memory.isStale)
        let network = SADBAddress(upperProtocol: 0, prefixLength: 24, endpoint: SADBSocketAddress(Sample.one))
        let expected: [SADBExtension] = [
            .keyManagerAddress(managers), .address(.source, network),
            .address(.destination, SADBAddress(host: Sample.two)),
            .policy(SADBPolicy(type: 2, direction: 2, requests: requests)),
        ]
        #expect(try message.encoded() == SADBMessage(SADBHeader(.migrate, .esp), expected).encoded())
    }

    @Test func aMigrationWithSomethingBehindItsPairsIsRefused() throws {
        let pair = SADBAddressPair(
            source: SADBSocketAddress(Sample.one), destination: SADBSocketAddress(Sample.two))
        let request = SADBPolicy.Request(protocol: 50, mode: 2, level: 2, requestID: 0, tunnel: pair)
        func refusal(_ requests: [SADBPolicy.Request], _ more: Int = 0) -> SADBErrorNumber? {
            var policy = SADBPolicy(type: 2, direction: 2, requests: requests)
            policy.requestOctets += [UInt8](repeating: 0, count: more)
            let message = Sample.message(.migrate, .esp, Sample.ends() + [.policy(policy)])
            return Sample.refusal { _ = try MigrationRequest(message: message).whole() }
        }
        #expect(refusal([request, request]) == nil)
        #expect(refusal([request, request], 8) == .invalid)
        #expect(refusal([request]) == .invalid)
        #expect(refusal([]) == .invalid)
        #expect(refusal(Array(repeating: request, count: 14)) == .invalid)
    }

    @Test func aReportThatEndsEarlyIsNotTold() throws {
        let state = try Self.state()
        for type in XFRMMessage.newState...XFRMMessage.getDefaultPolicy {
            for count in 0..<state.count {
                var memory = AssociationMemory()
                // Anything but a trap.
                _ = try? Self.told(type, Array(state[..<count]), &memory)
            }
        }
        var memory = AssociationMemory()
        #expect(throws: (any Error).self) {
            try Self.told(XFRMMessage.newState, Array(state[..<200]), &memory)
        }
    }
}
