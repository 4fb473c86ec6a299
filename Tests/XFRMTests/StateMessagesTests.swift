import Algorithms
import IPsec
import KeyMaterial
import Netlink
import Testing
import Wire

@testable import XFRM

@Suite struct StateMessagesTests {
    private static let traits = [KernelTraits(knowsDirection: true), KernelTraits(knowsDirection: false)]

    private func decoded(_ bytes: [UInt8], assuming direction: Direction) throws -> SecurityAssociation? {
        try SecurityAssociation(kernel: bytes.span, assuming: direction)
    }

    @Test(arguments: Samples.transforms.indices, traits)
    func everyTransformReadsBack(index: Int, traits: KernelTraits) throws {
        let (cipher, integrity) = Samples.transforms[index]
        let original = Samples.association(transform: Samples.transform(cipher, integrity))
        let bytes = Samples.payload(try StateMessages.add(original, traits: traits))
        let back = try #require(try decoded(bytes, assuming: .inbound))
        #expect(back.transform.encryption == cipher)
        #expect(back.transform.integrity == integrity)
        #expect(Samples.sameKey(back.transform.encryptionKey, original.transform.encryptionKey))
        #expect(Samples.sameKey(back.transform.integrityKey, original.transform.integrityKey))
    }

    @Test(arguments: [Direction.inbound, .outbound], [EncapsulationMode.transport, .tunnel, .beet])
    func everyFieldReadsBack(direction: Direction, mode: EncapsulationMode) throws {
        for (source, destination) in [("192.0.2.1", "198.51.100.7"), ("2001:db8::1", "2001:db8::2")] {
            for selector in [nil, Samples.selector("10.1.0.0/16", "10.2.3.0/24", proto: 17, port: 1701)] {
                var original = Samples.association(direction, mode, source: source, destination: destination)
                original.selector = selector
                original.encapsulation = UDPEncapsulation(sourcePort: 4500, destinationPort: 61234)
                original.lifetime = Lifetime(
                    softTime: .seconds(3000), hardTime: .seconds(3600), softBytes: 1 << 40,
                    hardBytes: 1 << 41,
                    softPackets: 5, hardPackets: 6)
                original.acquireSequence = 77
                let request = try StateMessages.add(original, traits: KernelTraits(knowsDirection: true))
                let back = try #require(try decoded(Samples.payload(request), assuming: .inbound))
                #expect(back.id == original.id)
                #expect(back.source == original.source)
                #expect(back.direction == direction)
                #expect(back.mode == mode)
                #expect(back.requestID == original.requestID)
                #expect(back.selector == selector)
                #expect(back.encapsulation == original.encapsulation)
                #expect(back.lifetime == original.lifetime)
                #expect(back.acquireSequence == 77)
                #expect(back.replayWindow == original.replayWindow)
            }
        }
    }

    /// The kernel's own offsets (x86-64 and every other 64-bit one).
    @Test func fieldsStandWhereTheKernelLooks() throws {
        let bytes = Samples.payload(
            try StateMessages.add(Samples.association(), traits: KernelTraits(knowsDirection: false)))
        #expect(Array(bytes[56..<60]) == [192, 0, 2, 2])
        #expect(Array(bytes[72..<77]) == [0xc0, 0x12, 0x34, 0x56, 50])
        #expect(Array(bytes[80..<84]) == [192, 0, 2, 1])
        #expect(
            Array(bytes[96..<128]) == Array(repeating: 0xff, count: 32), "limits of nothing must be infinite")
        #expect(Array(bytes[128..<160]) == Array(repeating: 0, count: 32))
        #expect(Array(bytes[208..<212]) == [0x01, 0x40, 0, 0])
        #expect(Array(bytes[212..<217]) == [2, 0, 1, 0, 32])
        let attributes = try Samples.attributes(bytes, after: KernelSize.state)
        #expect(Set(attributes.keys) == [2, 20, 23])
        #expect(attributes[20].map { Array($0[64..<72]) } == [0, 1, 0, 0, 128, 0, 0, 0])
    }

    @Test func theTruncationIsAlwaysWrittenOut() throws {
        for algorithm in Samples.kernelIntegrity {
            let association = Samples.association(
                transform: Samples.transform(CipherChoice(.aesCBC), algorithm))
            let bytes = Samples.payload(
                try StateMessages.add(association, traits: KernelTraits(knowsDirection: true)))
            let attributes = try Samples.attributes(bytes, after: KernelSize.state)
            #expect(attributes[1] == nil, "the form without a truncation means 96 bits for SHA2-256")
            let truncation = attributes[20].map { UInt32($0[68]) | UInt32($0[69]) << 8 }
            #expect(truncation == UInt32(algorithm.icvSize * 8))
        }
    }

    @Test func anAEADCarriesItsSaltAndICVLength() throws {
        let association = Samples.association(
            transform: Samples.transform(CipherChoice(.aesGCM16, keyBits: 256), nil))
        let bytes = Samples.payload(
            try StateMessages.add(association, traits: KernelTraits(knowsDirection: true)))
        let attribute = try #require(try Samples.attributes(bytes, after: KernelSize.state)[18])
        #expect(attribute.count == 72 + 36)
        #expect(Array(attribute[64..<72]) == [0x20, 1, 0, 0, 128, 0, 0, 0])
    }

    struct ReplaySettings: Sendable {
        var plainWindow: UInt8 = 0
        var wideWindow: UInt32?
        var bitmapWords = 0
    }

    struct ReplayCase: Sendable {
        var direction: Direction
        var window: UInt32
        var isExtended: Bool
        var knowsDirection: Bool
        var expected: ReplaySettings
    }

    @Test(arguments: [
        ReplayCase(
            direction: .inbound, window: 0, isExtended: false, knowsDirection: true,
            expected: ReplaySettings()),
        ReplayCase(
            direction: .inbound, window: 32, isExtended: false, knowsDirection: true,
            expected: ReplaySettings(plainWindow: 32)),
        ReplayCase(
            direction: .inbound, window: 33, isExtended: false, knowsDirection: true,
            expected: ReplaySettings(wideWindow: 33, bitmapWords: 2)),
        ReplayCase(
            direction: .inbound, window: .max, isExtended: false, knowsDirection: true,
            expected: ReplaySettings(wideWindow: 4096, bitmapWords: 128)),
        ReplayCase(
            direction: .inbound, window: 0, isExtended: true, knowsDirection: true,
            expected: ReplaySettings(wideWindow: 32, bitmapWords: 1)),
        ReplayCase(
            direction: .outbound, window: 64, isExtended: false, knowsDirection: true,
            expected: ReplaySettings()),
        ReplayCase(
            direction: .outbound, window: 64, isExtended: false, knowsDirection: false,
            expected: ReplaySettings()),
        ReplayCase(
            direction: .outbound, window: 64, isExtended: true, knowsDirection: true,
            expected: ReplaySettings(wideWindow: 0, bitmapWords: 0)),
        ReplayCase(
            direction: .outbound, window: 64, isExtended: true, knowsDirection: false,
            expected: ReplaySettings(wideWindow: 32, bitmapWords: 1)),
    ])
    func replaySettingsSuitTheKernel(example: ReplayCase) throws {
        var association = Samples.association(example.direction)
        association.replayWindow = example.window
        association.usesExtendedSequenceNumbers = example.isExtended
        let bytes = Samples.payload(
            try StateMessages.add(
                association, traits: KernelTraits(knowsDirection: example.knowsDirection)))
        let wide = try Samples.attributes(bytes, after: KernelSize.state)[XFRMAttribute.replayState]
        #expect(bytes[215] == example.expected.plainWindow)
        #expect(wide?.count == example.expected.wideWindow.map { _ in 24 + 4 * example.expected.bitmapWords })
        guard let wide else { return }
        var position = wide.span
        #expect(try position.takeHostUInt32() == UInt32(example.expected.bitmapWords))
        try position.skip(16)
        #expect(try position.takeHostUInt32() == example.expected.wideWindow)
    }

    @Test func whatCannotWorkIsRefusedHere() {
        var shortKey = Samples.association()
        shortKey.transform.encryptionKey = Samples.key(15)
        var nothing = Samples.association()
        nothing.transform = Samples.transform(CipherChoice(.null), nil)
        var mixed = Samples.association()
        mixed.source = Samples.address("2001:db8::1")
        var obsolete = Samples.association()
        obsolete.transform = Samples.transform(CipherChoice(.aesCBC), .keyedMD5)
        for association in [shortKey, nothing, mixed, obsolete] {
            #expect(throws: DatabaseFailure.self) {
                try StateMessages.add(association, traits: KernelTraits(knowsDirection: true))
            }
        }
    }

    @Test func aCutMessageIsNoAssociationAtAnyLength() throws {
        let bytes = Samples.payload(
            try StateMessages.add(Samples.association(), traits: KernelTraits(knowsDirection: true)))
        for length in 0..<KernelSize.state {
            #expect(throws: WireError.self) { try decoded(Array(bytes.prefix(length)), assuming: .inbound) }
        }
        for length in KernelSize.state..<bytes.count {
            _ = try? decoded(Array(bytes.prefix(length)), assuming: .inbound)
        }
    }
}
