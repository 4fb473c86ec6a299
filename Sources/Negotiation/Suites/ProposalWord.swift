import Algorithms
import SourceText

/// What a word of a one-line proposal says.
enum ProposalWord {
    /// A cipher with the key lengths it is to have, the longest first.
    case encryption(EncryptionAlgorithm, keyLengths: [Int])
    case integrity(IntegrityAlgorithm)
    case pseudorandomFunction(PseudorandomFunction)
    case keyExchange(KeyExchangeMethod)
    case noKeyExchange
    case sequenceNumbers(SequenceNumberWidth)
    /// `none`, or `null` behind the cipher: what else might stand there is left out.
    case none
    /// The key length of the cipher before, in bits.
    case keyLength(Int)

    /// - Parameters:
    ///   - text: the word in lower-case letters.
    ///   - isFirst: whether no cipher has been named yet.
    /// - Throws: what is wrong with the word.
    static func meaning(of text: String, isFirst: Bool) throws(ProposalTextFailure.Problem) -> ProposalWord {
        if text == "none" || (text == "null" && !isFirst) { return .none }
        if let fixed = fixed(text) { return fixed }
        if let bits = Int(text) { return .keyLength(bits) }
        if let cipher = try cipher(text) { return cipher }
        throw .unknown(nearest: Suggestion.closest(to: text, among: known))
    }

    private static func fixed(_ text: String) -> ProposalWord? {
        switch text {
        case "modpnone", "dh0": return .noKeyExchange
        case "esn": return .sequenceNumbers(.extended)
        case "noesn": return .sequenceNumbers(.short)
        default: break
        }
        if let group = Catalogue.keyExchange.first(where: { $0.proposalWords.contains(text) }) {
            return .keyExchange(group)
        }
        if let prf = Catalogue.pseudorandomFunctions.first(where: { $0.proposalWord == text }) {
            return .pseudorandomFunction(prf)
        }
        return Catalogue.integrity.first { $0.proposalWords.contains(text) }.map(ProposalWord.integrity)
    }

    /// The cipher a word names; nil if it names none.
    private static func cipher(_ text: String) throws(ProposalTextFailure.Problem) -> ProposalWord? {
        var refused: EncryptionAlgorithm?
        for algorithm in Catalogue.encryption {
            for pattern in algorithm.proposalWords {
                switch keyLength(in: text, pattern) {
                case .absent: return .encryption(algorithm, keyLengths: algorithm.usualKeyLengths)
                case .bits(let bits) where algorithm.keyLengths.contains(bits):
                    return .encryption(algorithm, keyLengths: [bits])
                case .bits: refused = refused ?? algorithm
                case nil: continue
                }
            }
        }
        if let refused { throw .keyLength(allowed: "\(refused.keyLengths)") }
        return nil
    }

    private enum WrittenLength {
        case absent
        case bits(Int)
    }

    /// How long the key is to be if the word fits the pattern; nil if it does not fit.
    private static func keyLength(in text: String, _ pattern: String) -> WrittenLength? {
        let parts = pattern.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2, let front = parts.first, let back = parts.last else {
            return text == pattern ? .absent : nil
        }
        guard text.count >= front.count + back.count, text.hasPrefix(front), text.hasSuffix(back) else {
            return nil
        }
        var middle = text.dropFirst(front.count).dropLast(back.count)
        if back.isEmpty {
            if middle.isEmpty { return .absent }
            if middle.first == "_" { middle = middle.dropFirst() }
        }
        guard middle.allSatisfy({ $0.isASCII && $0.isNumber }), let bits = Int(middle) else { return nil }
        return .bits(bits)
    }

    /// Every word that means something, for suggestions.
    private static let known: [String] = {
        var words = ["esn", "noesn", "modpnone", "none"]
        words += Catalogue.keyExchange.flatMap(\.proposalWords)
        words += Catalogue.pseudorandomFunctions.map(\.proposalWord)
        words += Catalogue.integrity.flatMap(\.proposalWords)
        for algorithm in Catalogue.encryption {
            for pattern in algorithm.proposalWords {
                let parts = pattern.split(separator: "#", omittingEmptySubsequences: false)
                let lengths = parts.count == 1 ? [""] : algorithm.keyLengths.map(String.init)
                words += lengths.map { parts.joined(separator: $0) }
            }
        }
        return words
    }()
}

extension EncryptionAlgorithm {
    /// Where a proposal names no key length: what both strongSwan (the usual one) and libreswan (the longest too) mean.
    fileprivate var usualKeyLengths: [Int] {
        keyLengths == .aes ? [keyLengths.maximum, defaultKeyLength] : [defaultKeyLength]
    }
}
