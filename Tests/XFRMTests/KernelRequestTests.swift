import IPsec
import Netlink
import Testing
import Wire

@testable import XFRM

/// The messages beyond those of every database: octets at the kernel's offsets, and back.
@Suite struct KernelRequestTests {
    private static var report: ReplayReport {
        let entry = EntrySamples.associations[0]
        var report = ReplayReport(SADKey(entry.id, mark: Mark(value: 1, mask: 3)), source: entry.source)
        report.requestID = 9
        report.replay = SADEntry.ReplayProtection(outboundSequence: 5, inboundSequence: 7)
        report.replay?.bitmap = [0x7f]
        var usage = EntryUsage()
        usage.traffic = SecurityAssociationUsage(bytes: 1, packets: 2)
        usage.added = 3
        usage.firstUsed = 4
        report.usage = usage
        report.replayThreshold = 32
        report.timerThreshold = 20
        return report
    }

    @Test func aReplayPositionReadsBack() throws {
        let bytes = Samples.payload(try ReplayMessages.set(Self.report))
        #expect(bytes[44] == 9)
        #expect(try ReplayReport(kernel: bytes.span) == Self.report)
        var wide = Self.report
        wide.replay = SADEntry.ReplayProtection(
            window: 32, usesExtendedSequenceNumbers: true, outboundSequence: 1 << 40, inboundSequence: 3)
        wide.replay?.bitmap = [1]
        let wideBytes = Samples.payload(try ReplayMessages.set(wide))
        #expect(try ReplayReport(kernel: wideBytes.span) == wide)
    }

    @Test func aRequestForTheReplayPositionAsksForItsThresholds() throws {
        let bytes = Samples.payload(ReplayMessages.get(Self.report.key, source: Self.report.source))
        #expect(Array(bytes[40..<44]) == [9, 0, 0, 0])
        #expect(bytes.count == 48 + 12)
        #expect(throws: DatabaseFailure.self) {
            try ReplayMessages.set(ReplayReport(Self.report.key, source: Self.report.source))
        }
    }

    @Test func aReportSaysWhy() throws {
        var bytes = Samples.payload(try ReplayMessages.set(Self.report))
        bytes[40] = 16 | 64
        #expect(try ReplayReport(kernel: bytes.span)?.causes == [.moved, .set])
        guard case .other(let text) = try DatabaseEvents.decode(0x1e, bytes.span) else {
            Issue.record("no report")
            return
        }
        #expect(text == "replay position of esp 0x00001001 to 192.0.2.2: sent 5, received 7")
    }

    static var migration: Migration {
        let old = Migration.Ends(
            source: Samples.address("192.0.2.1"), destination: Samples.address("192.0.2.2"))
        let new = Migration.Ends(
            source: Samples.address("2001:db8::1"), destination: Samples.address("2001:db8::2"))
        let selector = Samples.selector("10.1.0.0/24", "10.2.0.0/24")
        return Migration(
            SPDKey(SecurityPolicyID(selector: selector, direction: .outbound)),
            steps: [
                Migration.Step(old: old, new: new, protocol: .esp, mode: .tunnel, requestID: 9),
                Migration.Step(old: new, new: old, protocol: .ah, mode: .beet),
            ], keyManagers: old,
            encapsulation: SADEntry.Encapsulation(
                .udp, ports: UDPEncapsulation(sourcePort: 4500, destinationPort: 61234)))
    }

    @Test func aMigrationReadsBack() throws {
        let bytes = Samples.payload(try MigrationMessages.message(Self.migration))
        let attributes = try Samples.attributes(bytes, after: KernelSize.policyID)
        #expect(attributes[XFRMAttribute.migration]?.count == 2 * 76)
        #expect(attributes[XFRMAttribute.keyManagerAddress]?.count == 40)
        #expect(
            attributes[XFRMAttribute.migration].map { Array($0[64..<76]) } == [
                50, 1, 0, 0, 9, 0, 0, 0, 2, 0, 10, 0,
            ])
        #expect(try Migration(kernel: bytes.span) == Self.migration)
        var mixed = Self.migration
        mixed.steps[0].new.source = Samples.address("192.0.2.9")
        var none = Self.migration
        none.steps = []
        for wrong in [mixed, none] {
            #expect(throws: DatabaseFailure.self) { try MigrationMessages.message(wrong) }
        }
    }

    @Test func sizesStandWhereTheKernelPutsThem() throws {
        var states = NetlinkRequest(type: XFRMMessage.newStateCount)
        states.put(UInt32.max)
        states.putAttribute(1) { $0.put(UInt32(17)) }
        states.putAttribute(2) { attribute in for value in [8, 1024] as [UInt32] { attribute.put(value) } }
        let sad = try TableMessages.sadSize(states.payload.span)
        #expect([sad.associations, sad.buckets, sad.maximumBuckets] == [17, 8, 1024])
        var policies = NetlinkRequest(type: XFRMMessage.newPolicyCount)
        policies.put(UInt32.max)
        policies.putAttribute(1) { attribute in
            for value in 1...6 as ClosedRange<UInt32> { attribute.put(value) }
        }
        policies.putAttribute(2) { attribute in for value in [7, 8] as [UInt32] { attribute.put(value) } }
        policies.putAttribute(3) { $0.put([24, 25]) }
        policies.putAttribute(4) { $0.put([64, 65]) }
        let spd = try TableMessages.spdSize(policies.payload.span)
        #expect(
            [
                spd.inbound, spd.outbound, spd.forward, spd.socketInbound, spd.socketOutbound,
                spd.socketForward,
            ]
                == [1, 2, 3, 4, 5, 6])
        #expect([spd.buckets, spd.maximumBuckets] == [7, 8])
        #expect(spd.thresholds == Self.thresholds)
    }

    private static let thresholds = SPDThresholds(
        ipv4: .init(local: 24, remote: 25), ipv6: .init(local: 64, remote: 65))

    @Test func thresholdsReadBack() throws {
        let bytes = Samples.payload(TableMessages.set(Self.thresholds))
        #expect(try TableMessages.spdSize(bytes.span).thresholds == Self.thresholds)
        #expect(Samples.payload(TableMessages.set(SPDThresholds())).count == 4)
    }

    @Test func defaultPoliciesReadBack() throws {
        let policies = DefaultPolicies(inbound: .block, forward: .accept)
        let bytes = Samples.payload(TableMessages.set(policies))
        #expect(Array(bytes.prefix(3)) == [1, 2, 0])
        #expect(try TableMessages.defaultPolicies(bytes.span) == policies)
        #expect("\(policies)" == "in block, fwd accept")
    }

    @Test func expiriesCarryTheEntryAndTheLimit() throws {
        let association = EntrySamples.associations[0]
        let bytes = Samples.payload(ExpiryMessages.expire(association, .hard))
        #expect(bytes.count == 232)
        guard case .expired(let record, let isHard) = try DatabaseEvents.decode(0x18, bytes.span) else {
            Issue.record("no expiry")
            return
        }
        #expect(isHard && record.state == .dead && record.entry.id == association.id)
        let policy = Samples.payload(ExpiryMessages.expire(EntrySamples.special, .soft))
        #expect(policy.count == 176 + 12 + 8)
        guard case .expiredPolicy(let met, let isGone) = try DatabaseEvents.decode(0x1b, policy.span) else {
            Issue.record("no expiry")
            return
        }
        #expect(!isGone && met.entry.key == EntrySamples.special.key)
    }

    @Test func aPolicyIsLookedUpByItsNumberAndTheDirectionInIt() {
        let bytes = Samples.payload(PolicyMessages.get(index: 8 * 5 + 2, table: .main))
        #expect(bytes.count == KernelSize.policyID)
        #expect(Array(bytes[56..<61]) == [42, 0, 0, 0, 2])
        #expect(Samples.payload(PolicyMessages.delete(index: 8, table: .sub)).count == 64 + 12)
    }

    @Test func anAllocationCarriesTheRange() throws {
        let bytes = Samples.payload(
            try StateMessages.allocateSPI(
                EntrySamples.associations[0], 0x100...0x1ff, traits: KernelTraits(knowsDirection: true)))
        #expect(bytes.count == 232)
        #expect(Array(bytes[224..<232]) == [0, 1, 0, 0, 0xff, 1, 0, 0])
    }

    @Test func cutMessagesAreNone() throws {
        let replay = Samples.payload(try ReplayMessages.set(Self.report))
        for length in 0..<48 {
            #expect(throws: WireError.self) {
                try ReplayReport(kernel: replay.span.extracting(first: length))
            }
        }
        let moved = Samples.payload(try MigrationMessages.message(Self.migration))
        for length in 0..<KernelSize.policyID {
            #expect(throws: WireError.self) { try Migration(kernel: moved.span.extracting(first: length)) }
        }
    }
}
