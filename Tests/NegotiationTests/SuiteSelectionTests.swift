import Algorithms
import Testing

@testable import Negotiation

@Suite("Selection of IKEv2 suites (RFC 7296 section 3.3)")
struct SuiteSelectionTests {
    private static let gcm = CipherChoice(.aesGCM16, keyBits: 128)
    private static let cbc = CipherChoice(.aesCBC, keyBits: 256)

    private static let ours = [
        SuiteProposal(
            encryption: [gcm], prfs: [.hmacSHA384, .hmacSHA256], keyExchange: [.ecp256, .modp2048],
            origin: "a:1"),
        SuiteProposal(
            encryption: [cbc], integrity: [.hmacSHA256], prfs: [.hmacSHA256], keyExchange: [.modp2048],
            origin: "a:2"),
    ]

    private static func offer(_ change: (inout SuiteOffer) -> Void = { _ in }) -> SuiteOffer {
        var offer = SuiteOffer()
        offer.encryption = [.known(gcm)]
        offer.prfs = [.known(.hmacSHA256)]
        offer.keyExchange = [.known(.modp2048), .known(.ecp256)]
        change(&offer)
        return offer
    }

    @Test("our order decides, except where a public value is there already")
    func order() {
        let both = [
            Self.offer {
                $0.encryption = [.known(Self.cbc)]
                $0.integrity = [.known(.hmacSHA256)]
            }, Self.offer(),
        ]
        let selection = SuiteSelection.select(from: both, accepting: Self.ours)
        #expect(selection?.index == 1)
        #expect(selection?.suite == Suite(encryption: Self.gcm, prf: .hmacSHA256, keyExchange: .ecp256))
        let sent = SuiteSelection.select(from: both, accepting: Self.ours, sent: .modp2048)
        #expect(sent?.suite.keyExchange == .modp2048)
        let useless = SuiteSelection.select(from: both, accepting: Self.ours, sent: .modp768)
        #expect(useless?.suite.keyExchange == .ecp256)
    }

    @Test("an AEAD takes no integrity, or one that says none, which the answer repeats")
    func integrityOfAEAD() {
        #expect(SuiteSelection.select(from: [Self.offer()], accepting: Self.ours)?.statesNoIntegrity == false)
        let none = Self.offer { $0.integrity = [.known(nil)] }
        #expect(SuiteSelection.select(from: [none], accepting: Self.ours)?.statesNoIntegrity == true)
        let some = Self.offer { $0.integrity = [.known(.hmacSHA256)] }
        #expect(SuiteSelection.select(from: [some], accepting: Self.ours) == nil)
        let either = Self.offer { $0.integrity = [.known(.hmacSHA256), .known(nil)] }
        #expect(SuiteSelection.select(from: [either], accepting: Self.ours)?.suite.integrity == nil)
    }

    @Test("a cipher without integrity is never taken")
    func integrityMissing() {
        let bare = Self.offer { $0.encryption = [.known(Self.cbc)] }
        #expect(SuiteSelection.select(from: [bare], accepting: Self.ours) == nil)
        let none = Self.offer {
            $0.encryption = [.known(Self.cbc)]
            $0.integrity = [.known(nil)]
        }
        #expect(SuiteSelection.select(from: [none], accepting: Self.ours) == nil)
    }

    @Test("what nobody here knows beside what we know does no harm, unless it is a kind of its own")
    func unknown() {
        let more = Self.offer {
            $0.encryption.insert(.unknown("encryption 99"), at: 0)
            $0.keyExchange.append(.unknown("key exchange 99"))
        }
        #expect(SuiteSelection.select(from: [more], accepting: Self.ours) != nil)
        let kind = Self.offer { $0.unknownKinds = ["transform type 6"] }
        #expect(SuiteSelection.select(from: [kind], accepting: Self.ours) == nil)
        let flawed = Self.offer { $0.flaw = "an SPI that cannot be" }
        #expect(SuiteSelection.select(from: [flawed], accepting: Self.ours) == nil)
    }

    @Test(
        "a child's key exchange: ours is asked for, and the peer's is met where we ask for none",
        arguments: [
            ([], [], KeyExchangeMethod?.none, true), ([], [.known(.modp2048)], .modp2048, true),
            ([], [.known(nil), .known(.modp2048)], nil, true), ([.ecp256], [], nil, false),
            ([.ecp256], [.known(nil)], nil, false), ([.ecp256], [.known(.modp2048)], nil, false),
            ([.ecp256], [.known(.modp2048), .known(.ecp256)], .ecp256, true),
            ([], [.unknown("x")], nil, false),
        ] as [([KeyExchangeMethod], [Offered<KeyExchangeMethod?>], KeyExchangeMethod?, Bool)])
    func childKeyExchange(
        ours: [KeyExchangeMethod], offered: [Offered<KeyExchangeMethod?>], expected: KeyExchangeMethod?,
        agrees: Bool
    ) {
        let proposal = SuiteProposal(encryption: [Self.gcm], keyExchange: ours, sequenceNumbers: [.short])
        var offer = SuiteOffer()
        offer.encryption = [.known(Self.gcm)]
        offer.keyExchange = offered
        let selection = SuiteSelection.select(from: [offer], accepting: [proposal])
        #expect((selection != nil) == agrees)
        #expect(selection?.suite.keyExchange == expected)
    }

    @Test(
        "extended sequence numbers: our preference among what is offered, and nothing said is the short ones",
        arguments: [
            ([.short], [], .short), ([.extended, .short], [], .short), ([.extended], [], nil),
            ([.extended, .short], [.known(.short), .known(.extended)], .extended),
            ([.short, .extended], [.known(.short), .known(.extended)], .short),
            ([.extended], [.known(.short)], nil), ([.short], [.known(.extended)], nil),
        ] as [([SequenceNumberWidth], [Offered<SequenceNumberWidth>], SequenceNumberWidth?)])
    func sequenceNumbers(
        ours: [SequenceNumberWidth], offered: [Offered<SequenceNumberWidth>], expected: SequenceNumberWidth?
    ) {
        let proposal = SuiteProposal(encryption: [Self.gcm], sequenceNumbers: ours)
        var offer = SuiteOffer()
        offer.encryption = [.known(Self.gcm)]
        offer.sequenceNumbers = offered
        #expect(
            SuiteSelection.select(from: [offer], accepting: [proposal])?.suite.sequenceNumbers == expected)
    }

    @Test("the comparison shows the nearest pair and marks what differs")
    func comparison() throws {
        let offer = Self.offer {
            $0.prfs = [.known(.hmacSHA1), .unknown("PRF 99")]
        }
        let comparison = try #require(ProposalComparison(offers: [offer], ours: Self.ours))
        #expect(comparison.mismatches == 1)
        #expect(comparison.origin == "a:1")
        let row = try #require(comparison.rows.first { !$0.fits })
        #expect(row.name == "prf")
        #expect(row.offered == "hmac-sha1, PRF 99")
        #expect(row.ours == "hmac-sha2-384, hmac-sha2-256")
        #expect(comparison.lines.last?.contains("change proposals at a:1") == true)
        #expect(ProposalComparison(offers: [], ours: Self.ours) == nil)
    }
}
