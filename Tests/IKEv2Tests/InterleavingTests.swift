import Algorithms
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

/// What a side may begin of its own accord.
enum SpontaneousExchange: CaseIterable {
    case rekeyChild
    case rekeySelf
    case newChild
    case deleteChild
    case probe
    case takeDown

    /// Each with each; who begins which makes no difference.
    static var pairs: [(SpontaneousExchange, SpontaneousExchange)] {
        allCases.indices.flatMap { first in allCases[first...].map { (allCases[first], $0) } }
    }

    /// Whether nothing may be lost on account of it: a new pair can only be used once both sides have it.
    var isSeamless: Bool {
        switch self {
        case .rekeyChild, .rekeySelf, .probe: true
        case .newChild, .deleteChild, .takeDown: false
        }
    }
}

/// One way in which a datagram gets there, or not.
private enum Fate: CaseIterable {
    case prompt
    /// After what was sent at the same time is answered.
    case slow
    /// After it was sent again.
    case late
    case lost
    case doubled

    var delays: [Duration] {
        switch self {
        case .prompt: [.milliseconds(5)]
        case .slow: [.milliseconds(40)]
        case .late: [.milliseconds(5000)]
        case .lost: []
        case .doubled: [.milliseconds(5), .milliseconds(40)]
        }
    }
}

@Suite("every interleaving of two exchanges begun at once (RFC 7296 sections 2.8 and 2.25)")
struct InterleavingTests {
    private static let second = TrafficSelector(
        IPPrefix(host: IPAddress(family: .ipv4, value: 0x0a01_0001)))

    /// Two sides with an IKE SA and a child, ready for anything.
    private func establish() -> TwoEndpoints {
        var policies = Policies()
        policies.pfsGroup = .ecp256
        var pair = policies.pair(seed: 21)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        return pair
    }

    private func begin(_ exchange: SpontaneousExchange, _ side: NetworkSide, _ pair: inout TwoEndpoints) {
        switch exchange {
        case .rekeyChild:
            pair.force(side) { sa in sa.established?.children.keys.first.map { .rekeyChild($0) } }
        case .rekeySelf: pair.force(side) { _ in .rekeySelf }
        case .newChild:
            var request = Policies().request(side)
            request.tunnel = nil
            // Policies of somebody else ask for single hosts within the same networks.
            request.acquireSequence = 99
            pair.handle(.initiate(request), at: side)
        case .deleteChild: pair.forceDeletion(side)
        case .probe: pair.force(side) { _ in .probe }
        case .takeDown: pair.handle(.terminate(tunnel: "hq"), at: side)
        }
    }

    /// Whether no packet is sent that the other side could not read.
    private func losesNothing(_ pair: TwoEndpoints) -> Bool {
        [0, 1].allSatisfy { side in
            pair.databases[side].outbound.isEmpty
                || pair.databases[side].reaches(pair.databases[1 - side])
        }
    }

    @Test(
        "whatever becomes of the first four messages, both sides end with the same, and lose no packet",
        arguments: SpontaneousExchange.pairs)
    func interleavings(first: SpontaneousExchange, second: SpontaneousExchange) {
        expectAgreement(first, second) { pair in
            begin(first, .a, &pair)
            begin(second, .b, &pair)
        }
    }

    @Test(
        "the same where one side has one more to begin as soon as it may",
        arguments: SpontaneousExchange.allCases, [SpontaneousExchange.rekeyChild, .rekeySelf, .deleteChild])
    func queued(first: SpontaneousExchange, second: SpontaneousExchange) {
        expectAgreement(first, second) { pair in
            begin(first, .a, &pair)
            begin(second, .a, &pair)
            begin(second, .b, &pair)
        }
    }

    /// Begins exchanges under all fates of four messages.
    private func expectAgreement(
        _ first: SpontaneousExchange, _ second: SpontaneousExchange, _ begin: (inout TwoEndpoints) -> Void
    ) {
        let fates = Fate.allCases
        let established = establish()
        var complaints: [String] = []
        for number in 0..<625 {
            let chosen = [
                fates[number % 5], fates[number / 5 % 5], fates[number / 25 % 5], fates[number / 125],
            ]
            var pair = established
            pair.fates = chosen.map(\.delays)
            begin(&pair)
            var lost = false
            let isSeamless = first.isSeamless && second.isSeamless
            pair.run(for: .seconds(90)) { now in if isSeamless, !losesNothing(now) { lost = true } }
            if lost { complaints.append("\(chosen): a packet is lost") }
            if let complaint = verdict(pair, first, second) { complaints.append("\(chosen): \(complaint)") }
        }
        #expect(complaints.isEmpty, "\(complaints.count) of 625, such as \(complaints.prefix(3))")
    }

    /// What is wrong with the end of a run; nil if nothing is.
    private func verdict(
        _ pair: TwoEndpoints, _ first: SpontaneousExchange, _ second: SpontaneousExchange
    ) -> String? {
        let counts = pair.endpoints.map { $0.status().ikeSAs.count }
        let children = pair.endpoints.map { endpoint in endpoint.status().childSAs.count }
        let isDown = first == .takeDown || second == .takeDown
        let kept = isDown ? 0 : 1
        if counts != [kept, kept] { return "IKE SAs \(counts)" }
        if children[0] != children[1] { return "child SAs \(children)" }
        if pair.databases.contains(where: { $0.associations.count != 2 * children[0] }) {
            return "SAs \(pair.databases.map(\.associations.count)) for children \(children)"
        }
        let makes = [first, second].count { $0 == .newChild }
        let unmakes = [first, second].count { $0 == .deleteChild }
        if !isDown, unmakes == 0, children[0] != 1 + makes { return "\(children[0]) children" }
        if children[0] > 0, !losesNothing(pair) { return "what one sends the other cannot read" }
        return nil
    }
}

extension TwoMachines<IKEv2Endpoint> {
    /// Lets a timer of a side's IKE SA be due now.
    mutating func force(_ side: NetworkSide, _ timer: (IKESA) -> IKESA.Timer?) {
        let index = side.rawValue
        guard let id = endpoints[index].associations.values.first(where: { $0.established != nil })?.id,
            let association = endpoints[index].associations[id], let timer = timer(association)
        else { return }
        endpoints[index].associations[id]?.updateEstablished { $0.heard = Instant(nanoseconds: 0) }
        endpoints[index].associations[id]?.peer.deadPeerDetection.delay = .seconds(1)
        endpoints[index].associations[id]?.deadlines[timer] = now
        endpoints[index].deadlines.set(now, for: id)
        handle(.deadline, at: side)
        endpoints[index].associations[id]?.peer.deadPeerDetection.delay = nil
    }

    /// Has a side delete its child, as when an SA in the database has expired.
    mutating func forceDeletion(_ side: NetworkSide) {
        guard
            let inbound = databases[side.rawValue].associations.values.first(where: {
                $0.direction == .inbound
            })
        else { return }
        handle(.database(.expired(inbound.id)), at: side)
    }
}
