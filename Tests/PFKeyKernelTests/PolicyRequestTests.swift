import IPsec
import Netlink
import PFKey
import TestSupport
import Testing
import XFRM

@testable import PFKeyKernel

@Suite struct PolicyRequestTests {
    private static let tunnel = SADBAddressPair(
        source: SADBSocketAddress(Sample.three), destination: SADBSocketAddress(Sample.four))

    private static func selector(_ port: UInt16 = 0) -> [SADBExtension] {
        [
            .address(
                .source,
                SADBAddress(
                    upperProtocol: 6, prefixLength: 24, endpoint: SADBSocketAddress(Sample.one, port: port))),
            .address(
                .destination,
                SADBAddress(upperProtocol: 6, prefixLength: 16, endpoint: SADBSocketAddress(Sample.two))),
        ]
    }

    private static func request(
        _ policy: SADBPolicy, _ extensions: [SADBExtension] = selector()
    ) throws -> NetlinkRequest {
        try PolicyRequest(message: Sample.message(.policyAdd, .unspecified, extensions + [.policy(policy)]))
            .whole(XFRMMessage.newPolicy) { 0x4321 }
    }

    private static func request(
        _ level: UInt8, _ requestID: UInt32 = 0, mode: UInt8 = 1, protocol: UInt16 = 50,
        tunnel: SADBAddressPair? = nil
    ) -> SADBPolicy.Request {
        SADBPolicy.Request(
            protocol: `protocol`, mode: mode, level: level, requestID: requestID, tunnel: tunnel)
    }

    @Test func whatAClientSetsIsToldAsItWasSet() throws {
        let requests = [
            Self.request(3, 12, mode: 2, tunnel: Self.tunnel), Self.request(2, mode: 3),
            Self.request(1, protocol: 51), Self.request(3, 0x4000),
        ]
        let policy = SADBPolicy(type: 2, direction: 1, priority: 42, requests: requests)
        let octets = try Self.request(policy, Self.selector(80)).octets
        let told = try #require(try KernelPolicy(octets.span)).whole()
        // A number above those for administrators is replaced.
        let expected = SADBPolicy(
            type: 2, direction: 1, priority: 42, requests: requests.dropLast() + [Self.request(3, 0x4321)])
        let answer = SADBMessage(SADBHeader(.policyAdd), told)
        #expect(
            try answer.encoded()
                == SADBMessage(
                    answer.header,
                    Self.selector(80) + [
                        .lifetime(.hard, SADBLifetime()), .lifetime(.soft, SADBLifetime()),
                        .lifetime(.current, SADBLifetime()), .policy(expected),
                    ]
                ).encoded())
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 1)] as [(UInt16, UInt16)])
    func aPolicyWithoutTransformationsIsToldAsNone(_ asked: UInt16, _ told: UInt16) throws {
        let octets = try Self.request(SADBPolicy(type: asked, direction: 2)).octets
        let message = SADBMessage(
            SADBHeader(.policyAdd), try #require(try KernelPolicy(octets.span)).whole())
        #expect(message.policy?.type == told)
        #expect(message.policy?.direction == 2)
    }

    struct Refusal: CustomTestStringConvertible {
        var testDescription: String
        var policy: SADBPolicy
        var number: SADBErrorNumber?
    }

    private static func out(_ requests: SADBPolicy.Request...) -> SADBPolicy {
        SADBPolicy(type: 2, direction: 2, requests: requests)
    }

    private static func octets(_ octets: [UInt8], type: UInt16 = 2) -> SADBPolicy {
        var policy = SADBPolicy(type: type, direction: 2)
        policy.requestOctets = octets
        return policy
    }

    @Test(arguments: [
        Refusal(
            testDescription: "a type nobody has", policy: SADBPolicy(type: 3, direction: 2), number: .invalid),
        Refusal(testDescription: "no direction", policy: SADBPolicy(type: 1, direction: 0), number: .invalid),
        Refusal(
            testDescription: "a socket's direction", policy: SADBPolicy(type: 1, direction: 4),
            number: .invalid),
        Refusal(testDescription: "no mode", policy: out(request(2, mode: 0)), number: .invalid),
        Refusal(testDescription: "TCP", policy: out(request(2, protocol: 6)), number: .invalid),
        Refusal(testDescription: "a tunnel without ends", policy: out(request(2, mode: 2)), number: .invalid),
        Refusal(
            testDescription: "a tunnel that may be left out",
            policy: out(request(1, mode: 2, tunnel: tunnel)), number: .invalid),
        Refusal(
            testDescription: "seven",
            policy: SADBPolicy(
                type: 2, direction: 2, requests: Array(repeating: request(2), count: 7)), number: .tooDeep),
        Refusal(
            testDescription: "a length of nothing", policy: octets([UInt8](repeating: 0, count: 16)),
            number: .invalid),
        Refusal(
            testDescription: "nonsense where nothing is asked for",
            policy: octets([UInt8](repeating: 0, count: 16), type: 1), number: nil),
        Refusal(testDescription: "an unknown level", policy: out(request(9)), number: nil),
        Refusal(
            testDescription: "a number of two octets", policy: out(request(2, protocol: 0x132)), number: nil),
    ])
    func whatLinuxRefusesBeforeItAsksTheSPDIsRefused(_ refusal: Refusal) {
        #expect(Sample.refusal { _ = try Self.request(refusal.policy) } == refusal.number)
    }

    @Test(
        arguments: [(0, .noEntry), (3, .invalid), (12, .invalid), (8, nil), (17, nil)]
            as [(UInt32, SADBErrorNumber?)])
    func aPolicyIsLookedUpByItsNumber(_ index: UInt32, _ number: SADBErrorNumber?) {
        let policy = SADBPolicy(type: 0, direction: 0, index: index)
        let request = PolicyRequest(message: Sample.message(.policyGet, .unspecified, [.policy(policy)]))
        #expect(Sample.refusal { _ = try request.lookUp(XFRMMessage.getPolicy) } == number)
    }

    @Test func requestIDsAreCountedPastThoseInUse() {
        let first = RequestIDs.next([])
        #expect(first > PolicyRequest.maximumManualRequestID)
        #expect(RequestIDs.next([first + 1, first + 2]) == first + 3)
    }
}
