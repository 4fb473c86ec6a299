import Algorithms

/// Offers of IKEv2 side by side.
extension ProposalComparison {
    /// The peer's nearest proposal beside our nearest one; nil if either side has none.
    package init?(offers: [SuiteOffer], ours: [SuiteProposal]) {
        let pairs = offers.flatMap { offer in ours.map { Self.compare(offer, $0) } }
        guard let nearest = pairs.min(by: { $0.mismatches < $1.mismatches }) else { return nil }
        self = nearest
    }

    private static func compare(_ offer: SuiteOffer, _ ours: SuiteProposal) -> Self {
        let authenticates = ours.encryption.first?.algorithm.isAEAD ?? false
        let integrity: [IntegrityAlgorithm?] = authenticates ? [nil] : ours.integrity.map { $0 }
        let groups: [KeyExchangeMethod?] = ours.keyExchange.isEmpty ? [nil] : ours.keyExchange.map { $0 }
        let rows = [
            row("encryption", offer.encryption, ours.encryption) { "\($0)" },
            row("integrity", offer.integrity, integrity, absent: .known(nil)) { $0?.name ?? "none" },
            row("prf", offer.prfs, ours.prfs) { $0.name },
            row("key exchange", offer.keyExchange, groups, absent: .known(nil)) { $0?.name ?? "none" },
            row("sequence numbers", offer.sequenceNumbers, ours.sequenceNumbers, absent: .known(.short)) {
                "\($0)"
            },
        ]
        let besides = (offer.unknownKinds + (offer.flaw.map { [$0] } ?? [])).map {
            Row(name: "besides", offered: $0, ours: "none", directive: "", fits: false)
        }
        return ProposalComparison(rows: rows.compactMap { $0 } + besides, origin: ours.origin)
    }

    /// A row for a kind of transform; nil where neither side speaks of it.
    ///
    /// - Parameter absent: what a peer means that does not speak of the kind.
    private static func row<Choice>(
        _ name: String, _ offered: [Offered<Choice>], _ ours: [Choice], absent: Offered<Choice>? = nil,
        _ words: (Choice) -> String
    ) -> Row? {
        guard !offered.isEmpty || !ours.isEmpty else { return nil }
        let meant = offered.isEmpty ? absent.map { [$0] } ?? [] : offered
        let offers = meant.map { offer in
            switch offer {
            case .known(let choice): words(choice)
            case .unknown(let text): text
            case .absent: "none"
            }
        }
        return Row(
            name: name, offered: text(offers), ours: text(ours.map(words)), directive: "proposals",
            fits: ours.contains { meant.contains(.known($0)) })
    }

    private static func text(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.joined(separator: ", ")
    }
}
