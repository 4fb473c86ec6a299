import Algorithms
package import IPsec

/// The peer's nearest offer beside our nearest one, for the person who has to make them fit.
package struct ProposalComparison: Hashable, Sendable {
    /// One part of an offer.
    package struct Row: Hashable, Sendable {
        /// The word for it, such as `encryption`.
        package var name: String
        package var offered: String
        package var ours: String
        /// The configuration word that says `ours`; empty where none does.
        package var directive: String
        package var fits: Bool
    }

    package var rows: [Row]
    /// Where ours is configured, `swiftike.conf:12`.
    package var origin: String

    /// Cells that do not fit.
    package var mismatches: Int { rows.count { !$0.fits } }

    /// Compares phase 1 offers; nil if either side has none.
    package init?(offers: [IKEOffer], ours: [IKEProposal], check: ProposalCheck) {
        let pairs = offers.flatMap { offer in ours.map { Self.compare(offer, $0, check) } }
        guard let nearest = pairs.min(by: { $0.mismatches < $1.mismatches }) else { return nil }
        self = nearest
    }

    /// Compares child offers with a child policy; nil if the peer made no offer.
    package init?(offers: [ChildOffer], policy: ChildPolicy, mode: EncapsulationMode, check: ProposalCheck) {
        let all = offers.map { Self.compare($0, policy, mode, check) }
        guard let nearest = all.min(by: { $0.mismatches < $1.mismatches }) else { return nil }
        self = nearest
    }

    init(rows: [Row], origin: String) {
        self.rows = rows
        self.origin = origin
    }

    /// The table as aligned lines, then one line that says what to change.
    package var lines: [String] {
        let head = Row(
            name: "", offered: "peer offers", ours: origin.isEmpty ? "we accept" : "we accept (\(origin))",
            directive: "", fits: true)
        let all = [head] + rows
        let nameWidth = all.map(\.name.count).max() ?? 0
        let offeredWidth = all.map(\.offered.count).max() ?? 0
        let oursWidth = all.map(\.ours.count).max() ?? 0
        let table = all.map { row in
            let cells = "\(Self.pad(row.name, nameWidth))  \(Self.pad(row.offered, offeredWidth))  "
            return row.fits ? cells + row.ours : cells + Self.pad(row.ours, oursWidth) + "  <- differs"
        }
        return table + advice
    }

    private var advice: [String] {
        var directives: [String] = []
        for row in rows where !row.fits && !row.directive.isEmpty && !directives.contains(row.directive) {
            directives.append(row.directive)
        }
        guard !directives.isEmpty else { return [] }
        let place = origin.isEmpty ? "our configuration" : origin
        return [
            "to accept this offer, change \(directives.joined(separator: ", ")) at \(place), or change the peer"
        ]
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func compare(_ offer: IKEOffer, _ ours: IKEProposal, _ check: ProposalCheck) -> Self {
        let cipher = offer.encryption.choice
        return ProposalComparison(
            rows: [
                Row(
                    name: "encryption", offered: offer.encryption.words, ours: "\(ours.encryption)",
                    directive: "encryption_algorithm",
                    fits: cipher.map { ProposalSelection.accepts($0, ours.encryption, check) } ?? false),
                Row(
                    name: "hash", offered: offer.prf.words, ours: "\(ours.prf)", directive: "hash_algorithm",
                    fits: offer.prf.choice == ours.prf),
                Row(
                    name: "group", offered: offer.group.words, ours: "\(ours.group)", directive: "dh_group",
                    fits: offer.group.choice == ours.group),
                Row(
                    name: "authentication", offered: offer.authentication.words,
                    ours: ours.authentication.keyword, directive: "authentication_method",
                    fits: offer.authentication.choice == ours.authentication),
                lifetimeRow(offer.lifetime ?? ours.lifetime, ours.lifetime, check),
            ], origin: ours.origin)
    }

    private static func compare(
        _ offer: ChildOffer, _ policy: ChildPolicy, _ mode: EncapsulationMode, _ check: ProposalCheck
    ) -> Self {
        let cipher = offer.encryption.choice
        let isAEAD = cipher?.algorithm.isAEAD ?? false
        let integrity = isAEAD ? "none" : policy.integrity.map(\.name).joined(separator: ", ")
        return ProposalComparison(
            rows: [
                Row(
                    name: "encryption", offered: offer.encryption.words,
                    ours: policy.encryption.map(\.description).joined(separator: ", "),
                    directive: "encryption_algorithm",
                    fits: policy.encryption.contains { ours in
                        cipher.map { ProposalSelection.accepts($0, ours, check) } ?? false
                    }),
                Row(
                    name: "integrity", offered: offer.integrity.words, ours: integrity,
                    directive: "authentication_algorithm",
                    fits: isAEAD
                        ? offer.integrity == .absent
                        : offer.integrity.choice.map(policy.integrity.contains) ?? false),
                Row(
                    name: "PFS group", offered: offer.pfsGroup.words, ours: policy.pfsGroup?.name ?? "none",
                    directive: "pfs_group",
                    fits: ProposalSelection.acceptsGroup(offer.pfsGroup, policy.pfsGroup, check)),
                Row(
                    name: "mode", offered: offer.mode.words, ours: mode.rawValue, directive: "mode",
                    fits: offer.mode.choice == mode),
                lifetimeRow(offer.lifetime ?? ProposalSelection.defaultChildLifetime, policy.lifetime, check),
            ], origin: policy.origin)
    }

    private static func lifetimeRow(_ offered: Duration, _ ours: Duration, _ check: ProposalCheck) -> Row {
        Row(
            name: "lifetime", offered: "\(offered.components.seconds) s",
            ours: "\(ours.components.seconds) s",
            directive: "lifetime", fits: ProposalSelection.keptLifetime(offered, ours, check) != nil)
    }
}
