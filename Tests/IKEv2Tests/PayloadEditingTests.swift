import Algorithms
import Cryptography
import IPsec
import ISAKMP
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("payloads that are missing, doubled, in another order or unknown, in every message of every exchange")
struct PayloadEditingTests {
    enum Edit: CaseIterable {
        case remove
        case double
        case moveToFront
        case unknownBefore
        case criticalBefore
        case empty
        case foreign

        func apply(to payloads: [Payload], at index: Int) -> [Payload] {
            guard payloads.indices.contains(index) else { return payloads }
            var edited = payloads
            switch self {
            case .remove: edited.remove(at: index)
            case .double: edited.insert(payloads[index], at: index)
            case .moveToFront: edited.insert(edited.remove(at: index), at: 0)
            case .unknownBefore: edited.insert(Self.unknown(200, isCritical: false), at: index)
            case .criticalBefore: edited.insert(Self.unknown(200, isCritical: true), at: index)
            case .empty: edited[index] = .unknown(payloads[index].type, isCritical: false, [])
            // IKEv1's numbers mean nothing in IKEv2.
            case .foreign: edited[index] = Self.unknown(5, isCritical: false)
            }
            return edited
        }

        private static func unknown(_ type: UInt8, isCritical: Bool) -> Payload {
            .unknown(PayloadType(rawValue: type), isCritical: isCritical, [1, 2, 3, 4])
        }
    }

    /// A message with other payloads, protected as the receiver expects it; as it was where that cannot be.
    private static func changed(
        _ datagram: [UInt8], for receiver: IKEv2Endpoint, _ change: ([Payload]) -> [Payload]
    ) throws -> [UInt8] {
        if var message = try? Message(decoding: datagram) {
            message.payloads = change(message.payloads)
            return try message.encode()
        }
        let header = try Message.header(of: datagram)
        guard
            let sa = receiver.associations.values.first(where: {
                $0.spis == IKESPIs(initiator: header.initiatorCookie, responder: header.responderCookie)
            }), let secured = try secured(sa),
            case .message(var message, _) = try secured.channel.open(datagram)
        else { return datagram }
        message.payloads = change(message.payloads)
        var random: any RandomSource = FixedRandom(seed: 1)
        let channel = try MessageChannel(secured.keys, role: sa.role == .initiator ? .responder : .initiator)
        return try channel.seal(message, limit: nil, random: &random).datagrams[0]
    }

    /// The keys of an SA, of one that has not computed them as well.
    private static func secured(_ sa: IKESA) throws -> Secured? {
        guard case .answered(let answered) = sa.state else { return sa.secured }
        let secret = try answered.exchange.sharedSecret(with: answered.peerValue)
        return try IKESA.secure(answered.suite, secret, answered.opening, sa.spis, sa.role)
    }

    /// All exchanges there are, with one payload of one message edited; whether it was.
    private static func run(message: Int, index: Int, _ edit: Edit) -> (pair: TwoEndpoints, isEdited: Bool) {
        var policies = Policies()
        policies.pfsGroup = .ecp256
        var pair = policies.pair(seed: 60)
        var isEdited = false
        pair.tamper(withMessage: message) { datagram, receiver in
            try? changed(datagram, for: receiver) { payloads in
                isEdited = payloads.indices.contains(index)
                return edit.apply(to: payloads, at: index)
            }
        }
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(40))
        pair.force(.a) { sa in sa.established?.children.keys.first.map { .rekeyChild($0) } }
        pair.run(for: .seconds(40))
        pair.force(.a) { _ in .rekeySelf }
        pair.run(for: .seconds(100))
        pair.forceDeletion(.a)
        pair.run(for: .seconds(40))
        return (pair, isEdited)
    }

    @Test("whatever is made of it, nothing half made is left", arguments: Edit.allCases, 1...14)
    func endsWell(edit: Edit, message: Int) {
        var reached = 0
        for index in 0..<12 {
            var (pair, isEdited) = Self.run(message: message, index: index, edit)
            guard isEdited else { break }
            reached += 1
            for side in 0...1 {
                let status = pair.endpoints[side].status()
                #expect(status.childSAs.count <= 2, "payload \(index)")
                // A child that the peer has not used yet has no outbound SA.
                let count = pair.databases[side].associations.count
                let children = status.childSAs.count
                #expect((children...(2 * children)).contains(count), "payload \(index)")
                #expect(status.ikeSAs.allSatisfy { $0.state == "established" }, "payload \(index)")
            }
            for side in [NetworkSide.a, .b] { pair.handle(.terminate(tunnel: "hq"), at: side) }
            pair.run(for: .seconds(400))
            let left = pair.endpoints.map { $0.associations.count + $0.turn.usedSPIs.count }
            #expect(left == [0, 0], "payload \(index)")
            #expect(pair.databases.map(\.associations.count) == [0, 0], "payload \(index)")
        }
        // A question after the peer's life, and the answer to a deletion, may hold nothing.
        #expect(reached >= 1 || message == 12)
    }

    @Test("what a message must hold is missed", arguments: [(1, "SA"), (2, "SA"), (3, "IDi"), (4, "IDr")])
    func needsWhatIsRequired(message: Int, name: String) {
        let (pair, isEdited) = Self.run(message: message, index: 0, .remove)
        #expect(isEdited)
        let reports = pair.reports.joined()
        #expect(reports.contains { $0.sentence.contains("holds no \(name) payload") })
    }

    @Test(
        "a tunnel is told to be down where the answer to IKE_AUTH cannot be taken", arguments: Edit.allCases)
    func tunnelOfRefusedAnswer(edit: Edit) {
        let (pair, _) = Self.run(message: 4, index: 0, edit)
        let isUp = pair.reports[0].contains { $0.kind == .childEstablished }
        let isDown = pair.reports[0].contains { $0.kind == .negotiationFailed && $0.subject.tunnel == "hq" }
        #expect(isUp != isDown)
    }

    @Test("the order of what is protected means nothing", arguments: 3...10)
    func order(message: Int) {
        for index in 1..<8 {
            var (pair, isEdited) = Self.run(message: message, index: index, .moveToFront)
            guard isEdited else { break }
            pair.handle(.initiate(Policies().request()), at: .a)
            pair.run(for: .seconds(2))
            #expect(pair.reports.joined().allSatisfy { $0.kind != .negotiationFailed }, "payload \(index)")
            #expect(pair.databases[0].reaches(pair.databases[1]), "payload \(index)")
        }
    }
}
