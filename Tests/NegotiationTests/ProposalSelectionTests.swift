import Algorithms
import IPsec
import Negotiation
import Testing

/// What `proposal_check` makes of an offer that differs from ours.
@Suite struct ProposalSelectionTests {
    struct Case: CustomStringConvertible, Sendable {
        let check: ProposalCheck
        let bits: Int
        let lifetime: Int?
        /// Seconds agreed to; nil where the offer is refused.
        let kept: Int?

        var description: String { "\(check) \(bits) bits \(lifetime ?? -1) s" }

        init(_ check: ProposalCheck, _ bits: Int, _ lifetime: Int?, _ kept: Int?) {
            self.check = check
            self.bits = bits
            self.lifetime = lifetime
            self.kept = kept
        }
    }

    /// Ours is 192 bits and 3600 s.
    static let phaseOne: [Case] = [
        Case(.obey, 192, 3600, 3600), Case(.obey, 128, 3600, 3600), Case(.obey, 256, 7200, 7200),
        Case(.obey, 192, 60, 60), Case(.obey, 192, 59, 60), Case(.obey, 192, 1, 60),
        Case(.obey, 192, nil, 3600),
        Case(.strict, 192, 3600, 3600), Case(.strict, 192, 3601, nil), Case(.strict, 192, 1800, 1800),
        Case(.strict, 128, 3600, nil), Case(.strict, 256, 3600, 3600), Case(.strict, 192, 1, 60),
        Case(.claim, 192, 7200, 3600), Case(.claim, 192, 1800, 1800), Case(.claim, 128, 3600, nil),
        Case(.claim, 256, 3600, 3600), Case(.exact, 192, 3600, 3600), Case(.exact, 192, 3599, nil),
        Case(.exact, 192, 3601, nil), Case(.exact, 256, 3600, nil), Case(.exact, 192, nil, 3600),
    ]

    @Test(arguments: phaseOne)
    func ike(row: Case) {
        let selection = ProposalSelection.select(
            from: [Samples.offer(CipherChoice(.aesCBC, keyBits: row.bits), lifetime: row.lifetime)],
            accepting: [Samples.proposal(CipherChoice(.aesCBC, keyBits: 192))], check: row.check)
        #expect(selection?.proposal.lifetime == row.kept.map { .seconds($0) })
        if let selection { #expect(selection.proposal.encryption.keyBits == row.bits) }
    }

    /// Ours is 192 bits and 3600 s.
    static let phaseTwo: [Case] = [
        Case(.obey, 128, 3600, 3600), Case(.obey, 192, 7200, 7200), Case(.obey, 192, 1, 10),
        Case(.obey, 192, nil, 28800), Case(.strict, 192, nil, nil), Case(.strict, 192, 3601, nil),
        Case(.strict, 256, 1800, 1800), Case(.strict, 128, 1800, nil), Case(.claim, 192, 7200, 3600),
        Case(.claim, 192, nil, 3600), Case(.claim, 192, 100, 100), Case(.exact, 192, 3600, 3600),
        Case(.exact, 192, 100, nil), Case(.exact, 256, 3600, nil),
    ]

    @Test(arguments: phaseTwo)
    func child(row: Case) {
        let selection = ProposalSelection.select(
            from: [Samples.childOffer(CipherChoice(.aesCBC, keyBits: row.bits), lifetime: row.lifetime)],
            accepting: Samples.childPolicy([CipherChoice(.aesCBC, keyBits: 192)]), mode: .tunnel,
            check: row.check)
        #expect(selection?.lifetime == row.kept.map { .seconds($0) })
        let isCut = row.check == .claim && (row.lifetime ?? 28800) > 3600
        if let selection { #expect(selection.shortensLifetime == isCut) }
    }

    @Test(
        arguments: [
            (ProposalCheck.obey, nil, .modp768, true), (.obey, .modp768, nil, true),
            (.strict, nil, .modp768, true), (.strict, .modp768, nil, false),
            (.strict, .modp768, .modp768, true),
            (.strict, .modp768, .modp1024, false), (.claim, .modp768, nil, false),
            (.exact, nil, .modp768, false), (.exact, .modp768, .modp768, true), (.exact, nil, nil, true),
        ] as [(ProposalCheck, KeyExchangeMethod?, KeyExchangeMethod?, Bool)])
    func pfs(check: ProposalCheck, ours: KeyExchangeMethod?, offered: KeyExchangeMethod?, fits: Bool) {
        let selection = ProposalSelection.select(
            from: [Samples.childOffer(pfs: offered)], accepting: Samples.childPolicy(pfs: ours),
            mode: .tunnel, check: check)
        #expect((selection != nil) == fits)
        if let selection { #expect(selection.pfsGroup == offered) }
    }

    @Test func thePeersFirstCommonOffer() {
        let offers = [Samples.offer(Samples.gcm), Samples.offer(Samples.aes256), Samples.offer()]
        let selection = ProposalSelection.select(
            from: offers, accepting: [Samples.proposal(), Samples.proposal(Samples.aes256)], check: .exact)
        #expect(selection?.index == 1)
        #expect(selection?.proposal.encryption == Samples.aes256)
    }

    @Test func refusesWhatIsUnknown() {
        var offer = Samples.childOffer()
        offer.pfsGroup = .unknown("group 99")
        let policy = Samples.childPolicy()
        for check in [ProposalCheck.obey, .strict, .claim, .exact] {
            let found = ProposalSelection.select(
                from: [offer], accepting: policy, mode: .tunnel, check: check)
            #expect(found == nil)
        }
        var bare = Samples.childOffer()
        bare.integrity = .absent
        #expect(ProposalSelection.select(from: [bare], accepting: policy, mode: .tunnel, check: .obey) == nil)
        let other = ProposalSelection.select(
            from: [Samples.childOffer()], accepting: policy, mode: .transport, check: .obey)
        #expect(other == nil)
    }

    @Test func authenticatingCiphersNeedNoIntegrity() {
        let policy = Samples.childPolicy([Samples.gcm])
        let offer = Samples.childOffer(Samples.gcm)
        let found = ProposalSelection.select(from: [offer], accepting: policy, mode: .tunnel, check: .exact)
        #expect(found?.encryption == Samples.gcm && found?.integrity == nil)
        var both = offer
        both.integrity = .known(.hmacSHA1)
        #expect(ProposalSelection.select(from: [both], accepting: policy, mode: .tunnel, check: .obey) == nil)
    }

    @Test func kilobytesHaveAFloor() {
        var offer = Samples.childOffer()
        offer.kilobytes = 1
        let policy = Samples.childPolicy()
        let found = ProposalSelection.select(from: [offer], accepting: policy, mode: .tunnel, check: .obey)
        #expect(found?.kilobytes == 1024)
        #expect(
            ProposalSelection.select(from: [offer], accepting: policy, mode: .tunnel, check: .exact) == nil)
    }

    @Test func theFloorIsNeverAboveOurs() {
        let found = ProposalSelection.select(
            from: [Samples.childOffer(lifetime: 1)], accepting: Samples.childPolicy(lifetime: 4),
            mode: .tunnel, check: .obey)
        #expect(found?.lifetime == .seconds(4))
    }
}
