import Algorithms
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

/// Payloads that are missing, doubled, in another order or of unknown kind, in every message of both phases.
@Suite struct PayloadEditingTests {
    enum Edit: CaseIterable {
        case remove
        case double
        case moveToFront
        case unknownBefore
        case empty
    }

    private static func apply(_ edit: Edit, _ index: Int, _ payloads: [Payload]) -> [Payload] {
        guard payloads.indices.contains(index) else { return payloads }
        var edited = payloads
        switch edit {
        case .remove: edited.remove(at: index)
        case .double: edited.insert(payloads[index], at: index)
        case .moveToFront: edited.insert(edited.remove(at: index), at: 0)
        case .unknownBefore: edited.insert(.vendorID(VendorID([1, 2, 3])), at: index)
        case .empty: edited[index] = .nonce([])
        }
        return edited
    }

    /// The conversation with one payload of one message edited, each time it is sent; whether it was edited.
    private static func run(message: Int, index: Int, edit: Edit) -> (pair: TwoEndpoints, edited: Bool) {
        var policies = Policies()
        policies.pfsGroup = .ecp256
        var pair = policies.pair(seed: 5)
        var edited = false
        pair.tamper(withMessage: message) { datagram, receiver in
            PlaintextEditing.edit(datagram, for: receiver) { payloads in
                edited = payloads.indices.contains(index)
                return apply(edit, index, payloads)
            }
        }
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(200))
        return (pair, edited)
    }

    @Test(arguments: Edit.allCases, [1, 2, 3, 4, 5, 6, 8, 9, 10])
    func endsWell(edit: Edit, message: Int) {
        // The seventh is INITIAL-CONTACT, which overtakes what its receiver would need to read it.
        var reached = 0
        for index in 0..<12 {
            let (pair, edited) = Self.run(message: message, index: index, edit: edit)
            guard edited else { break }
            reached += 1
            // Whatever was made of it: nothing half made is left, and what there is fits together.
            let children = pair.endpoints.map { $0.status().childSAs.count }
            #expect(children[0] <= 1 && children[1] <= 1, "payload \(index)")
            #expect(
                pair.databases.allSatisfy { $0.associations.count <= 2 },
                "payload \(index): \(pair.databases.map(\.associations.count))")
            if children == [1, 1] { #expect(pair.reachesBothWays, "payload \(index)") }
            #expect(
                pair.endpoints.allSatisfy { $0.status().ikeSAs.allSatisfy { $0.state == "established" } },
                "payload \(index)")
        }
        #expect(reached >= 1)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 8, 9])
    func needsWhatIsRequired(message: Int) {
        // The first payload of each message is one that cannot be left out; a lost message would be sent again.
        let (pair, edited) = Self.run(message: message, index: 0, edit: .remove)
        #expect(edited)
        #expect(pair.reports.joined().contains { $0.kind == .dropped || $0.kind == .negotiationFailed })
    }
}
