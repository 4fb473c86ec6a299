import Algorithms
import IPsec
import Negotiation
import Testing

@Suite("what a policy's templates ask of IKE")
struct PolicyProtectionTests {
    private static let local = IPAddress(family: .ipv4, value: 0xc000_0201)
    private static let remote = IPAddress(family: .ipv4, value: 0xc000_0202)

    private static func template(
        _ kind: SecurityProtocol, _ mode: EncapsulationMode, _ level: PolicyTemplate.Level = .require
    ) -> PolicyTemplate {
        let isTunnel = mode == .tunnel
        return PolicyTemplate(
            protocol: kind, mode: mode, tunnelSource: isTunnel ? local : nil,
            tunnelDestination: isTunnel ? remote : nil, level: level)
    }

    private static func policy(_ templates: [PolicyTemplate]) -> SecurityPolicy {
        SecurityPolicy(
            selector: Selector(
                source: IPPrefix(host: local), destination: IPPrefix(host: remote), upperProtocol: 0,
                sourcePort: 0, destinationPort: 0),
            direction: .outbound, action: .protect(templates))
    }

    struct Shape: CustomTestStringConvertible {
        let testDescription: String
        let templates: [PolicyTemplate]
        let mode: EncapsulationMode
        var kind = SecurityProtocol.esp
        var requestID: UInt32 = 0
        var compresses = false
        var insists = false
    }

    @Test(
        "what can be negotiated",
        arguments: [
            Shape(testDescription: "esp/tunnel", templates: [template(.esp, .tunnel)], mode: .tunnel),
            Shape(
                testDescription: "ah/transport", templates: [template(.ah, .transport)], mode: .transport,
                kind: .ah),
            Shape(
                testDescription: "ipcomp/tunnel, esp/transport, both unique",
                templates: [
                    template(.ipcomp, .tunnel, .unique(requestID: 9)),
                    template(.esp, .transport, .unique(requestID: 9)),
                ], mode: .tunnel, requestID: 9, compresses: true, insists: true),
            Shape(
                testDescription: "ipcomp/tunnel/use, esp/transport",
                templates: [template(.ipcomp, .tunnel, .use), template(.esp, .transport)], mode: .tunnel,
                compresses: true, insists: true),
            Shape(
                testDescription: "ipcomp/transport/use, esp/transport",
                templates: [template(.ipcomp, .transport, .use), template(.esp, .transport)],
                mode: .transport, compresses: true),
            Shape(
                testDescription: "ipcomp/transport/require, ah/transport",
                templates: [template(.ipcomp, .transport), template(.ah, .transport)], mode: .transport,
                kind: .ah, compresses: true, insists: true),
        ])
    func usable(shape: Shape) throws {
        let protection = try PolicyProtection(Self.policy(shape.templates))
        #expect(protection.protocol == shape.kind)
        #expect(protection.mode == shape.mode)
        #expect(protection.requestID == shape.requestID)
        #expect(protection.tunnelDestination == (shape.mode == .tunnel ? Self.remote : nil))
        #expect(protection.compression == (shape.compresses ? .deflate : nil))
        #expect(protection.needsCompression == shape.insists)
        #expect((protection.obstacleInVersion1 == nil) == (shape.kind == .esp && !shape.insists))
    }

    @Test(
        "what cannot is refused in words",
        arguments: [
            ([], "neither ESP nor AH"),
            ([template(.ipcomp, .tunnel)], "neither ESP nor AH"),
            ([template(.esp, .transport), template(.ah, .transport)], "several of ESP, AH and IPComp"),
            (
                [template(.ipcomp, .transport), template(.ipcomp, .transport), template(.esp, .transport)],
                "several of ESP, AH and IPComp"
            ),
            ([template(.ipcomp, .transport), template(.esp, .tunnel)], "inside of a tunnel of ESP"),
            ([template(.esp, .transport), template(.ipcomp, .tunnel)], "inside of a tunnel of ESP"),
            (
                [
                    template(.ipcomp, .tunnel, .unique(requestID: 8)),
                    template(.esp, .transport, .unique(requestID: 9)),
                ], "request IDs 8 for IPComp and 9"
            ),
        ] as [([PolicyTemplate], String)])
    func refused(templates: [PolicyTemplate], words: String) {
        let failure = #expect(throws: NegotiationFailure.self) {
            try PolicyProtection(Self.policy(templates))
        }
        #expect(failure?.sentence.contains(words) == true, "\(failure?.sentence ?? "")")
        #expect(failure?.sentence.contains("192.0.2.2") == true)
    }
}
