import IPsec
import Testing

@testable import XFRM

/// What older kernels drop without a word.
@Suite struct ReadBackTests {
    struct Attribute: Sendable, CustomTestStringConvertible {
        var name: String
        var kernel: String
        /// Whether a kernel with directions may lack it all the same.
        var isRecent = false
        var set: @Sendable (inout SADEntry) -> Void

        var testDescription: String { name }
    }

    static let attributes = [
        Attribute(name: "direction", kernel: "Linux 6.10") { $0.options.direction = .outbound },
        Attribute(name: "xfrm interface", kernel: "Linux 4.19") { $0.options.interfaceID = 7 },
        Attribute(name: "mark", kernel: "Linux 2.6.34") { $0.options.mark = Mark(value: 1) },
        Attribute(name: "output mark", kernel: "Linux 4.14") { $0.options.outputMark = Mark(value: 1) },
        Attribute(name: "hardware offload", kernel: "CONFIG_XFRM_OFFLOAD", isRecent: true) {
            $0.options.offload = HardwareOffload(interface: 1, direction: .inbound, extent: .crypto)
        },
        Attribute(name: "processor", kernel: "Linux 6.13", isRecent: true) { $0.options.processor = 0 },
        Attribute(name: "NAT keepalive interval", kernel: "Linux 6.11", isRecent: true) {
            $0.options.keepaliveInterval = 20
        },
        Attribute(name: "mapping threshold", kernel: "Linux 5.17") { $0.options.mappingThreshold = 5 },
        Attribute(name: "traffic flow padding", kernel: "Linux 2.6.39") {
            $0.options.trafficFlowPadding = 1400
        },
        Attribute(name: "extra flags", kernel: "Linux 3.12") { $0.options.flags = [.sequenceMayWrap] },
        Attribute(name: "extended sequence numbers", kernel: "Linux 2.6.39") {
            $0.replay.usesExtendedSequenceNumbers = true
        },
    ]

    @Test(arguments: attributes)
    func aDroppedAttributeIsNamedWithItsKernel(attribute: Attribute) throws {
        let plain = EntrySamples.associations[0]
        var wanted = plain
        attribute.set(&wanted)
        #expect(ReadBack.isNeeded(for: wanted, traits: KernelTraits(knowsDirection: false)))
        #expect(
            ReadBack.isNeeded(for: wanted, traits: KernelTraits(knowsDirection: true)) == attribute.isRecent)
        #expect(ReadBack.losses(wanted, wanted).isEmpty)
        let losses = ReadBack.losses(wanted, plain)
        #expect(losses.map(\.attribute) == [attribute.name])
        let failure = DatabaseFailure.lost(losses, of: wanted.id, remains: nil)
        #expect(failure.kind == .unsupported)
        #expect(failure.explanation.contains(attribute.name))
        #expect(failure.explanation.contains(attribute.kernel))
    }

    @Test func whatIsWrittenIsWhatIsComparedWith() throws {
        // Read back from its own octets, an entry with everything has lost nothing.
        let entry = try #require(EntrySamples.associations.last)
        let request = try StateMessages.add(entry, traits: KernelTraits(knowsDirection: true))
        let back = try #require(try SADRecord(kernel: Samples.payload(request).span))
        #expect(ReadBack.losses(entry, back.entry).isEmpty)
    }

    @Test func anAssociationThatRemainsIsToldSo() {
        let failure = DatabaseFailure.lost(
            [ReadBack.Loss(attribute: "direction", requirement: "Linux 6.10")],
            of: EntrySamples.associations[0].id, remains: "Operation not permitted")
        #expect(failure.explanation.contains("still there"))
    }

    @Test func plainAssociationsAreNotReadBack() {
        for knowsDirection in [true, false] {
            #expect(
                !ReadBack.isNeeded(
                    for: EntrySamples.associations[0], traits: KernelTraits(knowsDirection: knowsDirection)))
        }
    }
}
