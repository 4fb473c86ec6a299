package import Algorithms

/// The width of an SA's sequence numbers; the raw value is the number of IKEv2 transform type 5.
package enum SequenceNumberWidth: UInt16, Hashable, Sendable, CustomStringConvertible {
    case short = 0
    /// 64 bits, of which the lower half is sent (RFC 4303 section 2.2.1).
    case extended = 1

    /// strongSwan's word.
    package var description: String {
        switch self {
        case .short: "noesn"
        case .extended: "esn"
        }
    }
}

/// The algorithms that both sides of an IKEv2 negotiation have agreed on.
package struct Suite: Hashable, Sendable {
    /// nil for AH.
    package var encryption: CipherChoice?
    /// nil for ciphers that authenticate.
    package var integrity: IntegrityAlgorithm?
    /// nil for child SAs.
    package var prf: PseudorandomFunction?
    /// nil for child SAs without a key exchange of their own.
    package var keyExchange: KeyExchangeMethod?
    /// nil for IKE SAs.
    package var sequenceNumbers: SequenceNumberWidth?

    package init(
        encryption: CipherChoice? = nil, integrity: IntegrityAlgorithm? = nil,
        prf: PseudorandomFunction? = nil,
        keyExchange: KeyExchangeMethod? = nil, sequenceNumbers: SequenceNumberWidth? = nil
    ) {
        self.encryption = encryption
        self.integrity = integrity
        self.prf = prf
        self.keyExchange = keyExchange
        self.sequenceNumbers = sequenceNumbers
    }
}

extension Suite: CustomStringConvertible {
    /// `aes-gcm-16-128, hmac-sha2-256, curve25519`.
    package var description: String {
        var characters: [UInt8] = []
        characters.reserveCapacity(64)
        func add(_ word: String?) {
            guard let word else { return }
            if !characters.isEmpty { characters += ", ".utf8 }
            characters += word.utf8
        }
        add(encryption?.description)
        add(integrity?.name)
        add(prf?.name)
        add(keyExchange?.name)
        add(sequenceNumbers == .extended ? "esn" : nil)
        return String(decoding: characters, as: UTF8.self)
    }
}

/// What we would agree to: any one of each kind, the preferred first.
package struct SuiteProposal: Hashable, Sendable {
    /// Empty for AH alone; either all authenticate or none does, as one proposal cannot say which goes with what.
    package var encryption: [CipherChoice]
    /// Empty where the ciphers authenticate.
    package var integrity: [IntegrityAlgorithm]
    /// Empty for child SAs.
    package var prfs: [PseudorandomFunction]
    /// Empty for child SAs without a key exchange of their own.
    package var keyExchange: [KeyExchangeMethod]
    /// Empty for IKE SAs.
    package var sequenceNumbers: [SequenceNumberWidth]
    /// Where the configuration says so, `swiftike.conf:12`; empty for defaults.
    package var origin: String

    package init(
        encryption: [CipherChoice] = [], integrity: [IntegrityAlgorithm] = [],
        prfs: [PseudorandomFunction] = [],
        keyExchange: [KeyExchangeMethod] = [], sequenceNumbers: [SequenceNumberWidth] = [],
        origin: String = ""
    ) {
        self.encryption = encryption
        self.integrity = integrity
        self.prfs = prfs
        self.keyExchange = keyExchange
        self.sequenceNumbers = sequenceNumbers
        self.origin = origin
    }

    /// The same without a key exchange: what is offered for the child SA of IKE_AUTH (RFC 7296 section 1.2).
    package var withoutKeyExchange: SuiteProposal {
        var proposal = self
        proposal.keyExchange = []
        return proposal
    }

    /// The same with a key exchange of that group and no other.
    package func exchanging(_ group: KeyExchangeMethod) -> SuiteProposal {
        var proposal = self
        proposal.keyExchange = [group]
        return proposal
    }
}

extension SuiteProposal {
    /// `we offer aes-gcm-16-256; hmac-sha2-384; ecp384 (swiftike.conf:12)`.
    package var offer: String {
        let kinds = [
            encryption.map(\.description), integrity.map(\.name), prfs.map(\.name), keyExchange.map(\.name),
            sequenceNumbers.map(\.description),
        ]
        let words = kinds.filter { !$0.isEmpty }.map { $0.joined(separator: ", ") }.joined(separator: "; ")
        return "we offer \(words)" + (origin.isEmpty ? "" : " (\(origin))")
    }
}

/// One proposal of a peer, parts of it possibly unknown to us.
package struct SuiteOffer: Hashable, Sendable {
    package var encryption: [Offered<CipherChoice>] = []
    /// `known(nil)` is the transform that says none.
    package var integrity: [Offered<IntegrityAlgorithm?>] = []
    package var prfs: [Offered<PseudorandomFunction>] = []
    /// `known(nil)` is the transform that says none.
    package var keyExchange: [Offered<KeyExchangeMethod?>] = []
    package var sequenceNumbers: [Offered<SequenceNumberWidth>] = []
    /// Kinds of transforms that nobody here knows, in words; none of them can be answered.
    package var unknownKinds: [String] = []
    /// Why the whole proposal is of no use, in words; nil where it is.
    package var flaw: String?

    package init() {}
}
