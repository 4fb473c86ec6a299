internal import Algorithms
internal import IPsec

/// What a peer named, in words.
extension Offered {
    /// `none` where it is not mentioned.
    package var words: String {
        switch self {
        case .known(let method as OakleyAuthentication): method.keyword
        case .known(let mode as EncapsulationMode): mode.rawValue
        case .known(let width as SequenceNumberWidth): "\(width)"
        case .known(let algorithm as IntegrityAlgorithm?): algorithm?.name ?? "none"
        case .known(let method as KeyExchangeMethod?): method?.name ?? "none"
        case .known(let choice): "\(choice)"
        case .unknown(let words): words
        case .absent: "none"
        }
    }
}

extension SuiteOffer {
    /// All that is offered, the kinds of transforms apart: `aes-cbc-128, aes-cbc-256; hmac-sha2-256; curve25519`.
    package var words: String {
        let kinds = [
            encryption.map(\.words), integrity.map(\.words), prfs.map(\.words), keyExchange.map(\.words),
            sequenceNumbers.map(\.words), unknownKinds, flaw.map { [$0] } ?? [],
        ]
        return kinds.filter { !$0.isEmpty }.map { $0.joined(separator: ", ") }.joined(separator: "; ")
    }
}

extension IKEOffer {
    /// `aes-cbc-256; hmac-sha2-256; modp2048; pre_shared_key; 28800 s`.
    package var words: String {
        let seconds = lifetime.map { ["\($0.components.seconds) s"] } ?? []
        return ([encryption.words, prf.words, group.words, authentication.words] + seconds)
            .joined(separator: "; ")
    }
}

extension ChildOffer {
    /// `aes-cbc-256; hmac-sha2-256; none; tunnel; 3600 s`.
    package var words: String {
        let seconds = lifetime.map { ["\($0.components.seconds) s"] } ?? []
        return ([encryption.words, integrity.words, pfsGroup.words, mode.words] + seconds)
            .joined(separator: "; ")
    }
}
