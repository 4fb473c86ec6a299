import LinuxIO
import Testing

/// IP_IPSEC_POLICY's value made of its parts, as af_key reads it.
private struct Sketch {
    var type: UInt8 = 2
    var direction: UInt8 = 2
    var requests: [[UInt8]] = []
    /// The length in units of 8 octets, if it is to be another than the true one.
    var length: Int?
    var tail: [UInt8] = []

    static func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// - Parameter size: the request's length in octets, if not the true one.
    static func request(
        protocolNumber: Int = 50, mode: UInt8 = 1, level: UInt8 = 2, id: Int = 0, addresses: [UInt8] = [],
        size: Int? = nil
    ) -> [UInt8] {
        var octets = number(size ?? 16 + addresses.count, 2)
        octets += number(protocolNumber, 2) + [mode, level]
        octets += number(0, 2) + number(id, 4) + number(0, 4)
        return octets + addresses
    }

    static func old(_ last: UInt8) -> [UInt8] {
        [2, 0, 0, 0, 192, 0, 2, last] + [UInt8](repeating: 0, count: 8)
    }

    static func new(_ last: UInt8) -> [UInt8] {
        var address: [UInt8] = [10, 0, 0, 0, 0, 0, 0, 0]
        address += [0x20, 0x01, 0x0d, 0xb8]
        address += [UInt8](repeating: 0, count: 11)
        return address + [last, 0, 0, 0, 0]
    }

    var bytes: [UInt8] {
        let body = Array(requests.joined())
        let padding = [UInt8](repeating: 0, count: (8 - body.count % 8) % 8)
        let units = length ?? (16 + body.count + padding.count) / 8
        var octets = Self.number(units, 2) + Self.number(18, 2)
        octets += Self.number(Int(type), 2) + [direction] + [UInt8](repeating: 0, count: 9)
        return octets + body + padding + tail
    }
}

private let ip: Int32 = 0
private let ipv6: Int32 = 41

/// A template of XFRM's, read field by field.
private struct Template: Equatable {
    var destination: [UInt8] = [UInt8](repeating: 0, count: 16)
    var protocolNumber: UInt8 = 50
    var family: UInt8 = 2
    var source: [UInt8] = [UInt8](repeating: 0, count: 16)
    var id = 0
    var mode: UInt8 = 0
    var isOptional: UInt8 = 0
    var masks = [UInt8](repeating: 0xff, count: 12)

    init() {}

    init(_ octets: ArraySlice<UInt8>) {
        let octets = Array(octets)
        destination = Array(octets[0..<16])
        protocolNumber = octets[20]
        family = octets[24]
        source = Array(octets[28..<44])
        id = (0..<4).reduce(0) { $0 | Int(octets[44 + $1]) << ($1 * 8) }
        mode = octets[48]
        isOptional = octets[50]
        masks = Array(octets[52..<64])
    }

    static func with(_ change: (inout Template) -> Void) -> Template {
        var template = Template()
        change(&template)
        return template
    }
}

private func templates(_ policy: [UInt8]) -> [Template] {
    stride(from: 168, to: policy.count, by: 64).map { Template(policy[$0..<$0 + 64]) }
}

@Suite struct SocketPolicyTests {
    @Test(
        arguments: [(ip, 2), (ipv6, 10)] as [(Int32, UInt8)],
        [(0, 1), (1, 0), (2, 0), (3, 0), (4, 0)] as [(UInt8, UInt8)])
    func tellsFamilyDirectionAndAction(level: (Int32, UInt8), type: (UInt8, UInt8)) throws {
        for direction: UInt8 in [1, 2] {
            let value = Sketch(type: type.0, direction: direction).bytes
            let policy = try PFKeyClientSocket.policy(level: level.0, value)
            #expect(policy.count == 168)
            #expect(policy[40] == level.1)
            #expect(policy[160] == direction - 1)
            #expect(policy[161] == type.1)
            // No limits of octets and packets; the times, counters, priority and index are 0.
            #expect(policy[56..<88].allSatisfy { $0 == 0xff })
            #expect(policy[88..<160].allSatisfy { $0 == 0 })
        }
    }

    private static let translations: [(Int32, Sketch, [Template])] = [
        (ip, Sketch(requests: [Sketch.request()]), [.with { _ in }]),
        (ip, Sketch(requests: [Sketch.request(level: 0)]), [.with { _ in }]),
        (ip, Sketch(requests: [Sketch.request(level: 1)]), [.with { $0.isOptional = 1 }]),
        (ip, Sketch(requests: [Sketch.request(level: 3, id: 0x3fff)]), [.with { $0.id = 0x3fff }]),
        // An identity that is not asked for by the level is none.
        (ip, Sketch(requests: [Sketch.request(level: 2, id: 7)]), [.with { _ in }]),
        (ip, Sketch(requests: [Sketch.request(protocolNumber: 0x0132)]), [.with { _ in }]),
        (
            ipv6, Sketch(requests: [Sketch.request(protocolNumber: 51)]),
            [
                .with {
                    $0.protocolNumber = 51
                    $0.family = 10
                }
            ]
        ),
        (ip, Sketch(requests: [Sketch.request(mode: 3)]), [.with { $0.mode = 4 }]),
        (
            ip, Sketch(requests: [Sketch.request(mode: 2, addresses: Sketch.old(1) + Sketch.old(2))]),
            [
                .with {
                    $0.mode = 1
                    $0.source.replaceSubrange(0..<4, with: [192, 0, 2, 1])
                    $0.destination.replaceSubrange(0..<4, with: [192, 0, 2, 2])
                }
            ]
        ),
        // A tunnel over the other version of IP; the addresses of IPv6 are 28 octets each, with no padding between.
        (
            ip, Sketch(requests: [Sketch.request(mode: 2, addresses: Sketch.new(1) + Sketch.new(2))]),
            [
                .with {
                    $0.mode = 1
                    $0.family = 10
                    $0.source = [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]
                    $0.destination = [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [2]
                }
            ]
        ),
        (
            ip,
            Sketch(
                direction: 1,
                requests: [Sketch.request(mode: 2, level: 1, addresses: Sketch.old(1) + Sketch.old(2))]),
            [
                .with {
                    $0.mode = 1
                    $0.isOptional = 1
                    $0.source.replaceSubrange(0..<4, with: [192, 0, 2, 1])
                    $0.destination.replaceSubrange(0..<4, with: [192, 0, 2, 2])
                }
            ]
        ),
        (
            ip, Sketch(requests: [Sketch.request(protocolNumber: 108), Sketch.request()]),
            [
                .with { $0.protocolNumber = 108 }, .with { _ in },
            ]
        ),
        (
            ip, Sketch(requests: [[UInt8]](repeating: Sketch.request(), count: 6)),
            [Template](repeating: .init(), count: 6)
        ),
        // Octets behind the policy that are too few for a security context may be anything.
        (ip, Sketch(requests: [Sketch.request()], tail: [1, 2, 3]), [.with { _ in }]),
    ]

    @Test(arguments: translations.indices)
    func turnsRequestsIntoTemplates(index: Int) throws {
        let (level, sketch, expected) = Self.translations[index]
        #expect(templates(try PFKeyClientSocket.policy(level: level, sketch.bytes)) == expected)
    }

    @Test(arguments: [0, 0x4000, 0xffff_ffff])
    func drawsIdentitiesThatAreNotToBeChosen(id: Int) throws {
        let value = Sketch(requests: [Sketch.request(level: 3, id: id)]).bytes
        let found = templates(try PFKeyClientSocket.policy(level: ip, value)).map(\.id)
        #expect(found.count == 1 && found.allSatisfy { $0 > 0x3fff })
    }

    private static let refused: [(String, [UInt8], Int32)] = [
        ("nothing", [], 22),
        ("too short", Array(Sketch(type: 1).bytes.prefix(15)), 22),
        ("longer than it is", Sketch(type: 1, length: 3).bytes, 22),
        ("shorter than its head", Sketch(length: 1).bytes, 22),
        ("type 5", Sketch(type: 5).bytes, 22),
        ("no direction", Sketch(type: 1, direction: 0).bytes, 22),
        ("forwarding", Sketch(type: 1, direction: 3).bytes, 22),
        ("any mode", Sketch(requests: [Sketch.request(mode: 0)]).bytes, 22),
        ("mode 4", Sketch(requests: [Sketch.request(mode: 4)]).bytes, 22),
        ("TCP", Sketch(requests: [Sketch.request(protocolNumber: 6)]).bytes, 22),
        ("request of 15 octets", Sketch(requests: [Sketch.request(size: 15)]).bytes, 22),
        ("request past the end", Sketch(requests: [Sketch.request(size: 17)]).bytes, 22),
        ("tunnel without addresses", Sketch(requests: [Sketch.request(mode: 2)]).bytes, 22),
        ("one address", Sketch(requests: [Sketch.request(mode: 2, addresses: Sketch.old(1))]).bytes, 22),
        (
            "two families",
            Sketch(requests: [Sketch.request(mode: 2, addresses: Sketch.old(1) + Sketch.new(1))]).bytes, 22
        ),
        (
            "no family",
            Sketch(requests: [Sketch.request(mode: 2, addresses: [UInt8](repeating: 1, count: 32))]).bytes, 22
        ),
        (
            "optional tunnel out",
            Sketch(requests: [Sketch.request(mode: 2, level: 1, addresses: Sketch.old(1) + Sketch.old(2))])
                .bytes, 22
        ),
        ("optional BEET out", Sketch(requests: [Sketch.request(mode: 3, level: 1)]).bytes, 22),
        ("8 octets more", Sketch(type: 1, tail: [UInt8](repeating: 0, count: 8)).bytes, 22),
        (
            "half a context",
            Sketch(type: 1, tail: [3, 0, 24, 0, 1, 1, 16, 0, 1, 1, 1, 1, 1, 1, 1, 1]).bytes, 22
        ),
        (
            "a security context",
            Sketch(type: 1, tail: [2, 0, 24, 0, 1, 1, 3, 0, 0x61, 0x62, 0, 0, 0, 0, 0, 0]).bytes, 95
        ),
        ("seven requests", Sketch(requests: [[UInt8]](repeating: Sketch.request(), count: 7)).bytes, 40),
    ]

    @Test(arguments: refused.indices)
    func refusesAsTheKernelDoes(index: Int) {
        let (name, value, code) = Self.refused[index]
        #expect(throws: SystemError("setsockopt", code: code), "\(name)") {
            try PFKeyClientSocket.policy(level: ip, value)
        }
    }

    /// Requests are judged only where the policy is one of IPsec.
    @Test func looksAtNoRequestsOfOtherPolicies() throws {
        let value = Sketch(type: 1, requests: [Sketch.request(mode: 9)]).bytes
        #expect(try PFKeyClientSocket.policy(level: ip, value).count == 168)
    }
}
