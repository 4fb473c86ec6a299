import Algorithms

/// A proposal while its words are read.
struct SuiteDraft {
    private let use: SuiteUse
    private var proposal = SuiteProposal()
    private var excludesKeyExchange = false
    /// The cipher of the word before, whose key length may follow as a word of its own.
    private var lastCipher: (algorithm: EncryptionAlgorithm, count: Int)?

    init(use: SuiteUse) {
        self.use = use
    }

    mutating func add(_ word: ProposalText.Word) throws(ProposalTextFailure) {
        do throws(ProposalTextFailure.Problem) {
            try add(try ProposalWord.meaning(of: word.text.lowercased(), isFirst: lacksCipher))
        } catch {
            throw ProposalTextFailure(word: word.text, column: word.column, problem: error)
        }
    }

    private var lacksCipher: Bool { proposal.encryption.isEmpty }
    private var authenticates: Bool { proposal.encryption.first?.algorithm.isAEAD ?? false }

    private mutating func add(_ word: ProposalWord) throws(ProposalTextFailure.Problem) {
        let previous = lastCipher
        lastCipher = nil
        switch word {
        case .encryption(let algorithm, let lengths): try add(algorithm, lengths)
        case .keyLength(let bits): try setKeyLength(bits, of: previous)
        case .integrity(let algorithm): proposal.integrity.append(algorithm)
        case .pseudorandomFunction(let function):
            guard use == .ike else {
                throw .misplaced("is of IKE alone: child SAs have no PRF; leave it out")
            }
            proposal.prfs.append(function)
        case .keyExchange(let method): proposal.keyExchange.append(method)
        case .noKeyExchange: try excludeKeyExchange()
        case .sequenceNumbers(let width):
            guard use != .ike else {
                throw .misplaced("is of child SAs alone: IKE has message IDs; leave it out")
            }
            proposal.sequenceNumbers.append(width)
        case .none:
            // libreswan writes it where a cipher that authenticates has no integrity algorithm beside it.
            if !authenticates { try excludeKeyExchange() }
        }
    }

    private mutating func add(
        _ algorithm: EncryptionAlgorithm, _ lengths: [Int]
    ) throws(ProposalTextFailure.Problem) {
        switch use {
        case .ah: throw .misplaced("encrypts, which AH does not; leave it out, or write it for ESP")
        case .ike where !algorithm.isForIKEv2:
            throw .misplaced("protects too little for IKE; use aes128 or aes128gcm16")
        case .ike, .esp: break
        }
        guard lacksCipher || authenticates == algorithm.isAEAD else {
            throw .misplaced(
                "and the cipher before cannot share a proposal, as only one of them needs an integrity "
                    + "algorithm beside it; write two proposals with a comma between")
        }
        proposal.encryption += lengths.map { CipherChoice(algorithm, keyBits: $0) }
        lastCipher = (algorithm, lengths.count)
    }

    /// openswan counts the salt of AEADs in: 152 bits are 128 of key and 24 of salt.
    private mutating func setKeyLength(
        _ bits: Int, of cipher: (algorithm: EncryptionAlgorithm, count: Int)?
    ) throws(ProposalTextFailure.Problem) {
        guard let cipher else {
            throw .misplaced(
                "is a key length without a cipher before it; a group is written dh14 or modp2048")
        }
        let algorithm = cipher.algorithm
        let lengths = [bits, bits - algorithm.saltSize * 8]
        guard let length = lengths.first(where: algorithm.keyLengths.contains) else {
            throw .keyLength(allowed: "\(algorithm.keyLengths)")
        }
        proposal.encryption.removeLast(cipher.count)
        proposal.encryption.append(CipherChoice(algorithm, keyBits: length))
    }

    private mutating func excludeKeyExchange() throws(ProposalTextFailure.Problem) {
        guard use != .ike else { throw .misplaced("is for child SAs alone: IKE needs a key exchange") }
        excludesKeyExchange = true
    }

    /// The proposal, once all its words have been read.
    mutating func finished(_ words: [ProposalText.Word]) throws(ProposalTextFailure) -> SuiteProposal {
        do throws(ProposalTextFailure.Problem) {
            try check()
        } catch {
            let text = words.map(\.text).joined(separator: "-")
            throw ProposalTextFailure(word: text, column: words.first?.column ?? 1, problem: error)
        }
        fill()
        return proposal.withoutRepetitions
    }

    private func check() throws(ProposalTextFailure.Problem) {
        if use != .ah, lacksCipher { throw .incomplete("names no cipher; start with aes128 or aes128gcm16") }
        if !authenticates, proposal.integrity.isEmpty {
            throw .incomplete("names no integrity algorithm; add sha256")
        }
        if use == .esp, authenticates, !proposal.integrity.isEmpty {
            throw .incomplete("names an integrity algorithm beside a cipher that authenticates; leave it out")
        }
        if excludesKeyExchange, !proposal.keyExchange.isEmpty {
            throw .incomplete("wants a key exchange and wants none; leave one of the two out")
        }
    }

    private mutating func fill() {
        guard use == .ike else {
            if proposal.sequenceNumbers.isEmpty { proposal.sequenceNumbers = DefaultSuites.sequenceNumbers }
            return
        }
        if proposal.prfs.isEmpty { proposal.prfs = proposal.integrity.compactMap(\.pseudorandomFunction) }
        if proposal.prfs.isEmpty { proposal.prfs = DefaultSuites.pseudorandomFunctions }
        if proposal.keyExchange.isEmpty { proposal.keyExchange = DefaultSuites.keyExchange }
        if authenticates { proposal.integrity = [] }
    }
}

extension IntegrityAlgorithm {
    /// The function that is made as it is; nil where IKEv2 has none.
    fileprivate var pseudorandomFunction: PseudorandomFunction? {
        switch construction {
        case .hmac(let hash): Catalogue.pseudorandomFunctions.first { $0.hash == hash }
        case .xcbc: .aesXCBC
        case .cmac: .aesCMAC
        case .null, .keyed: nil
        }
    }
}

extension SuiteProposal {
    /// Each choice once, where it stood first.
    fileprivate var withoutRepetitions: SuiteProposal {
        SuiteProposal(
            encryption: Self.unique(encryption), integrity: Self.unique(integrity), prfs: Self.unique(prfs),
            keyExchange: Self.unique(keyExchange), sequenceNumbers: Self.unique(sequenceNumbers))
    }

    private static func unique<Choice: Hashable>(_ choices: [Choice]) -> [Choice] {
        var seen: Set<Choice> = []
        return choices.filter { seen.insert($0).inserted }
    }
}
