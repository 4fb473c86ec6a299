import IPsec
import KeyMaterial
import Netlink
import PFKey
import TestSupport
import Testing
import XFRM

@testable import PFKeyKernel

@Suite struct AssociationRequestTests {
    private static func request(
        _ satype: SADBSatype, _ extensions: [SADBExtension], _ dialect: SADBDialect = .linux
    ) throws -> NetlinkRequest {
        try AssociationRequest(message: Sample.message(.add, satype, extensions), dialect: dialect)
            .whole(XFRMMessage.newState)
    }

    /// The message that tells of the SA that a request makes.
    private static func told(_ satype: SADBSatype, _ extensions: [SADBExtension]) throws -> SADBMessage {
        let octets = try request(satype, extensions).octets
        let association = try #require(try KernelAssociation(octets.span))
        return SADBMessage(SADBHeader(.add, association.satype), try association.whole(SADBState.mature))
    }

    private static let lifetimes: [SADBExtension] = [
        .lifetime(.hard, SADBLifetime(allocations: 9, bytes: 1 << 40, addTime: .max, useTime: 3)),
        .lifetime(.soft, SADBLifetime(allocations: 8, bytes: 0, addTime: 2, useTime: 0)),
    ]

    @Test func whatAClientAddsIsToldAsItWasAdded() throws {
        let flags: UInt32 = 0xe000_0001
        let proxy = SADBAddress(
            upperProtocol: 255, prefixLength: 24,
            endpoint: SADBSocketAddress(try #require(IPAddress("10.1.2.3"))))
        let label = SADBSecurityContext(algorithm: 1, domain: 1, label: [0xff, 0x41, 0])
        let extensions =
            [Sample.association(7, 12, replay: 77, flags: flags)] + Self.lifetimes + Sample.ends()
            + [
                .address(.proxy, proxy), Sample.key(.authentication, bits: 251),
                Sample.key(.encryption, bits: 128), .association2(SADBAssociation2(mode: 2, requestID: 5)),
                .natTraversalType(2), .natTraversalPort(.source, 4500),
                .natTraversalPort(.destination, 61234), .securityContext(label),
            ]
        let answer = try Self.told(.esp, extensions)
        var expected = extensions
        // The window is no wider than the kernel's, and of the flags it keeps three.
        expected[0] = Sample.association(7, 12, replay: 32, flags: 0xe000_0000)
        expected.insert(.lifetime(.current, SADBLifetime()), at: 3)
        #expect(try answer.encoded() == SADBMessage(answer.header, expected).encoded())
    }

    @Test func whatIsNotToldIsTransportWithoutLimitsAndWithASelectorOfEverything() throws {
        let answer = try Self.told(.esp, Sample.plain)
        let everything = SADBAddress(
            upperProtocol: 255, prefixLength: 0, endpoint: SADBSocketAddress(.unspecified(.ipv4)))
        let expected: [SADBExtension] =
            [
                Sample.association(3, 12), .lifetime(.hard, SADBLifetime()), .lifetime(.soft, SADBLifetime()),
                .lifetime(.current, SADBLifetime()),
            ] + Sample.ends() + [.address(.proxy, everything)] + Sample.plain[3...]
            + [.association2(SADBAssociation2(mode: 1, requestID: 0))]
        #expect(try answer.encoded() == SADBMessage(answer.header, expected).encoded())
    }

    @Test func anIPv6SAWithoutEncryptionHasNoKeyForIt() throws {
        let extensions =
            [Sample.association(7, 11)] + Sample.ends(Sample.three, Sample.four)
            + [Sample.key(.authentication, bits: 512), Sample.key(.encryption, bits: 0)]
        let answer = try Self.told(.esp, extensions)
        #expect(answer.key(.encryption) == nil)
        #expect(answer.key(.authentication)?.bits == 512)
        #expect(answer.address(.destination)?.address == Sample.four)
        #expect(answer.association?.encryption == 11)
    }

    @Test(arguments: [(false, XFRMAttribute.truncatedAuthentication), (true, XFRMAttribute.authentication)])
    func theTruncationOfSHA256IsWhatWasAskedFor(_ isShort: Bool, _ attribute: UInt16) throws {
        var dialect = SADBDialect.linux
        dialect.hasShortSHA256 = isShort
        let extensions =
            [Sample.association(5, 12)] + Sample.ends()
            + [Sample.key(.authentication, bits: 256), Sample.key(.encryption, bits: 128)]
        let octets = try Self.request(.esp, extensions, dialect).octets
        let attributes = octets.span.extracting(droppingFirst: KernelSize.state)
        let range = try #require(try attributes.rangeOfNetlinkAttribute(attribute))
        let value = attributes.extracting(range)
        #expect(value.count == (isShort ? 68 : 72) + 32)
        if !isShort { #expect(value[68] == 128) }
        let other = isShort ? XFRMAttribute.truncatedAuthentication : XFRMAttribute.authentication
        let unwanted = try attributes.rangeOfNetlinkAttribute(other)
        #expect(unwanted == nil)
    }

    struct Refusal: CustomTestStringConvertible {
        var testDescription: String
        var satype = SADBSatype.esp
        var extensions: [SADBExtension]
        var number: SADBErrorNumber
    }

    @Test(arguments: [
        Refusal(testDescription: "no SPI", extensions: Array(Sample.plain.dropFirst()), number: .invalid),
        Refusal(
            testDescription: "one address",
            extensions: [Sample.plain[0], Sample.plain[1]] + Sample.plain[3...],
            number: .invalid),
        Refusal(
            testDescription: "two families",
            extensions: [Sample.plain[0]] + Sample.ends(Sample.one, Sample.four) + Sample.plain[3...],
            number: .invalid),
        Refusal(
            testDescription: "no cipher's key", extensions: Array(Sample.plain.dropLast()), number: .invalid),
        Refusal(
            testDescription: "AH without key", satype: .ah, extensions: Array(Sample.plain[..<3]),
            number: .invalid),
        Refusal(testDescription: "one lifetime", extensions: Sample.plain + [lifetimes[0]], number: .invalid),
        Refusal(
            testDescription: "a kind nobody has", satype: SADBSatype(5), extensions: Sample.plain,
            number: .invalid),
        Refusal(
            testDescription: "no kind", satype: .unspecified, extensions: Sample.plain, number: .noProtocol),
        Refusal(
            testDescription: "an integrity number too high",
            extensions: [Sample.association(252, 12)] + Sample.plain[1...], number: .invalid),
        Refusal(
            testDescription: "a cipher number too high",
            extensions: [Sample.association(3, 254)] + Sample.plain[1...], number: .invalid),
        Refusal(
            testDescription: "a compression number too high", satype: .ipcomp,
            extensions: [Sample.association(0, 5)] + Sample.plain[1...3], number: .invalid),
        Refusal(
            testDescription: "an unknown integrity algorithm",
            extensions: [Sample.association(77, 12)] + Sample.plain[1...], number: .noAlgorithm),
        Refusal(
            testDescription: "an AEAD", extensions: [Sample.association(0, 20)] + Sample.plain[1...],
            number: .noAlgorithm),
        Refusal(
            testDescription: "a key without bits",
            extensions: Array(Sample.plain.dropLast()) + [Sample.key(.encryption, bits: 0)], number: .invalid),
        Refusal(
            testDescription: "a mode nobody has",
            extensions: Sample.plain + [.association2(SADBAssociation2(mode: 4, requestID: 0))],
            number: .invalid),
    ])
    func whatLinuxRefusesBeforeItAsksTheSADIsRefused(_ refusal: Refusal) {
        #expect(Sample.refusal { _ = try Self.request(refusal.satype, refusal.extensions) } == refusal.number)
    }

    @Test func anSAOfAnUnknownKindIsNotThere() {
        let message = Sample.message(.get, SADBSatype(5), Sample.plain)
        let request = AssociationRequest(message: message, dialect: .linux)
        #expect(Sample.refusal { _ = try request.lookUp(XFRMMessage.getState) } == .noAssociation)
    }

    @Test func aLarvalSAHasItsRangeAndItsSequenceNumber() throws {
        let range = SADBSPIRange(0x200...0x2ff)
        let message = Sample.message(
            .getSPI, .esp,
            Sample.ends() + [.association2(SADBAssociation2(mode: 2, requestID: 9)), .spiRange(range)])
        let octets = try AssociationRequest(message: message, dialect: .linux).larval().octets
        #expect(octets.count == 232)
        #expect(octets[224...].elementsEqual([0, 2, 0, 0, 0xff, 2, 0, 0]))
        let association = try #require(try KernelAssociation(octets.span.extracting(first: 224)))
        #expect(association.record.acquireSequence == 7)
        #expect(association.record.requestID == 9)
        #expect(AssociationMemory().state(of: association, at: 0) == SADBState.larval)
    }

    @Test(arguments: [(100, 1), (159, 1), (160, 2), (500, 2)] as [(UInt64, UInt8)])
    func anSAIsDyingOnceItsSoftLimitIsReached(_ now: UInt64, _ state: UInt8) throws {
        let limits: [SADBExtension] = [
            .lifetime(.hard, SADBLifetime(addTime: 90)), .lifetime(.soft, SADBLifetime(addTime: 60)),
        ]
        var octets = try Self.request(.esp, Sample.plain + limits).octets
        // xfrm_lifetime_cur: added at second 100.
        octets[160 + 16] = 100
        let association = try #require(try KernelAssociation(octets.span))
        #expect(AssociationMemory().state(of: association, at: now) == state)
    }
}
