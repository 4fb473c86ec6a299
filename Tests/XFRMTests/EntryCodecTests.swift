import Algorithms
import IPsec
import KeyMaterial
import Netlink
import Testing
import Wire

@testable import XFRM

/// Database entries to the kernel's octets and back.
@Suite struct EntryCodecTests {
    private static let traits = KernelTraits(knowsDirection: true)

    private func record(_ entry: SADEntry) throws -> SADRecord? {
        try SADRecord(kernel: Samples.payload(try StateMessages.add(entry, traits: Self.traits)).span)
    }

    @Test(arguments: EntrySamples.associations.indices)
    func everyAssociationReadsBack(index: Int) throws {
        let entry = EntrySamples.associations[index]
        let back = try #require(try record(entry))
        #expect(back.state == .mature)
        #expect(back.entry.id == entry.id)
        #expect(back.entry.source == entry.source)
        #expect(back.entry.mode == entry.mode)
        #expect(back.entry.requestID == entry.requestID)
        #expect(back.entry.selector == entry.selector)
        #expect(back.entry.encapsulation == entry.encapsulation)
        #expect(back.entry.replay == entry.replay)
        #expect(back.entry.lifetime == entry.lifetime)
        #expect(back.entry.acquireSequence == entry.acquireSequence)
        #expect(same(back.entry.transform, entry.transform))
        var options = back.entry.options
        // What follows from the rest is written besides what was given.
        options.flags.formIntersection(entry.options.flags)
        #expect(options == entry.options)
    }

    private func same(_ left: SATransform, _ right: SATransform) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.esp(let left, let leftIntegrity), .esp(let right, let rightIntegrity)):
            left.algorithm == right.algorithm && left.icvBits == right.icvBits
                && Samples.sameKey(left.key, right.key) && same(leftIntegrity, rightIntegrity)
        case (.ah(let left), .ah(let right)): same(left, right)
        case (.ipcomp(let left), .ipcomp(let right)): left == right
        case (.none, _), (.esp, _), (.ah, _), (.ipcomp, _): false
        }
    }

    private func same(_ left: KeyedIntegrity?, _ right: KeyedIntegrity?) -> Bool {
        left?.algorithm == right?.algorithm && left?.icvBits == right?.icvBits
            && Samples.sameKey(left?.key, right?.key)
    }

    @Test func authenticationHeadersOverIPv4ArePaddedAsOthersDo() throws {
        let ah = try #require(EntrySamples.associations.first { $0.id.protocol == .ah })
        #expect(try record(ah)?.entry.options.flags.contains(.align4) == true)
        #expect(try record(EntrySamples.associations[0])?.entry.options.flags.contains(.align4) == false)
    }

    @Test(arguments: [EncapsulationMode.tunnel, .beet, .transport])
    func aTunnelForAllIsForBothFamilies(mode: EncapsulationMode) throws {
        var entry = EntrySamples.associations[0]
        entry.mode = mode
        #expect(try record(entry)?.entry.options.flags.contains(.anyFamily) == (mode != .transport))
        #expect(try record(entry)?.entry.selector == nil)
    }

    @Test func noStatedModeIsTransport() throws {
        var entry = EntrySamples.associations[0]
        entry.mode = nil
        #expect(try record(entry)?.entry.mode == .transport)
    }

    @Test func anAssociationWithoutAlgorithmsIsLarval() throws {
        var entry = EntrySamples.associations[0]
        entry.transform = .none
        #expect(try record(entry)?.state == .larval)
    }

    @Test func positionsOfThePlainReplayCheckReadBack() throws {
        var entry = EntrySamples.associations[0]
        entry.replay = SADEntry.ReplayProtection(window: 32, outboundSequence: 5, inboundSequence: 6)
        entry.replay.bitmap = [7]
        #expect(try record(entry)?.entry.replay == entry.replay)
    }

    @Test func whatHasNoTypedFormIsKept() throws {
        var bytes = Samples.payload(
            try StateMessages.add(EntrySamples.associations[0], traits: Self.traits))
        bytes[214] = 200
        let back = try #require(try SADRecord(kernel: bytes.span))
        #expect(back.entry.mode == nil)
        #expect(back.entry.options.foreign.map(\.number) == [XFRMAttribute.state])
        #expect(back.entry.options.foreign.first?.octets == Array(bytes.prefix(KernelSize.state)))
        #expect(throws: DatabaseFailure.self) { try StateMessages.add(back.entry, traits: Self.traits) }
    }

    @Test func protocolsThatAreNotOursAreNoEntries() throws {
        var bytes = Samples.payload(
            try StateMessages.add(EntrySamples.associations[0], traits: Self.traits))
        bytes[76] = 4
        #expect(try SADRecord(kernel: bytes.span) == nil)
    }

    @Test(arguments: EntrySamples.policies)
    func everyPolicyReadsBack(entry: SPDEntry) throws {
        var entry = entry
        entry.table = .sub
        entry.interface = 3
        entry.offload = HardwareOffload(interface: 10, direction: .outbound, extent: .packet)
        entry.securityContext = SecurityContext(domain: 1, algorithm: 1, text: "system_u:object_r:a_t:s0")
        entry.foreign = [ForeignAttribute(number: 99, octets: [1, 2, 3, 4])]
        let bytes = Samples.payload(try PolicyMessages.add(entry))
        #expect(try SPDRecord(kernel: bytes.span)?.entry == entry)
    }

    @Test func aTemplateWithoutTypedFormIsKept() throws {
        var bytes = Samples.payload(try PolicyMessages.add(EntrySamples.policies[0]))
        bytes[KernelSize.policy + 4 + 20] = 43
        let entry = try #require(try SPDRecord(kernel: bytes.span)?.entry)
        #expect(entry.foreign.map(\.number) == [XFRMAttribute.templates])
        #expect(throws: DatabaseFailure.self) { try PolicyMessages.add(entry) }
    }

    @Test func socketsPoliciesTellTheirDirection() throws {
        var bytes = Samples.payload(try PolicyMessages.add(EntrySamples.policies[0]))
        bytes[156] = 12
        bytes[160] = 4
        let record = try #require(try SPDRecord(kernel: bytes.span))
        #expect(record.isPerSocket)
        #expect(record.entry.policy.direction == .outbound)
    }

    @Test func whatTheKernelCannotHoldIsRefused() {
        var wide = EntrySamples.associations[0]
        wide.replay.window = 4097
        var longName = EntrySamples.associations[0]
        longName.transform = .ah(
            KeyedIntegrity(
                .foreign(String(repeating: "a", count: 64)), key: Samples.key(1), icvBits: 8))
        var longKey = EntrySamples.associations[0]
        longKey.transform = .esp(KeyedCipher(.foreign("a"), key: Samples.key(5000)), nil)
        for entry in [wide, longName, longKey] {
            #expect(throws: DatabaseFailure.self) { try StateMessages.add(entry, traits: Self.traits) }
        }
    }
}
