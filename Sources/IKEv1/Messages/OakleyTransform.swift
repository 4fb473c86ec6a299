import Algorithms
package import ISAKMP
package import Negotiation

/// Phase 1 transforms (RFC 2409 appendix A).
extension TransformSubstructure {
    /// KEY_IKE, the only transform of phase 1 (RFC 2407 section 4.4.2).
    package static let keyIKE: UInt8 = 1

    private enum Oakley {
        static let encryption: UInt16 = 1
        static let hash: UInt16 = 2
        static let authentication: UInt16 = 3
        static let group: UInt16 = 4
        static let lifeType: UInt16 = 11
        static let lifeDuration: UInt16 = 12
        static let keyLength: UInt16 = 14
        static let basic: [UInt16] = [encryption, hash, authentication, group, keyLength]
    }

    /// One of our proposals as a transform; nil where an algorithm has no number in phase 1.
    package init?(number: UInt8, proposal: IKEProposal) {
        guard let encryption = proposal.encryption.algorithm.ikev1Phase1, let hash = proposal.prf.ikev1Hash,
            let keyLength = UInt16(exactly: proposal.encryption.keyBits)
        else { return nil }
        var attributes = [DataAttribute(Oakley.encryption, .basic(encryption))]
        if proposal.encryption.algorithm.hasVariableKeyLength {
            attributes.append(DataAttribute(Oakley.keyLength, .basic(keyLength)))
        }
        attributes += [
            DataAttribute(Oakley.hash, .basic(hash)),
            DataAttribute(Oakley.authentication, .basic(proposal.authentication.rawValue)),
            DataAttribute(Oakley.group, .basic(proposal.group.number)),
            DataAttribute(Oakley.lifeType, .basic(1)),
            DataAttribute(Oakley.lifeDuration, number: proposal.lifetime.attributeSeconds),
        ]
        self.init(number: number, identifier: Self.keyIKE, attributes: attributes)
    }

    /// What the transform offers for phase 1; what is malformed or unknown is in words.
    package var ikeOffer: IKEOffer {
        let values = TransformAttributes(
            attributes, basic: Oakley.basic, lifeType: Oakley.lifeType, lifeDuration: Oakley.lifeDuration)
        let defect = identifier == Self.keyIKE ? values.defect : "transform identifier \(identifier)"
        let encryption = Offered(cipher: values[Oakley.encryption], keyLength: values[Oakley.keyLength]) {
            number in
            Catalogue.encryption(ikev1Phase1: number)
        } name: { number in
            RegistryName.phase1Encryption(number)
        }
        return IKEOffer(
            encryption: encryption.marred(by: defect),
            prf: Offered(
                values[Oakley.hash], find: { Catalogue.pseudorandomFunction(ikev1Hash: $0) },
                name: { "hash \($0)" }),
            group: Offered(
                values[Oakley.group], find: { Catalogue.keyExchange(number: $0) }, name: { "group \($0)" }),
            authentication: Offered(
                values[Oakley.authentication], find: { OakleyAuthentication(rawValue: $0) },
                name: { RegistryName.authenticationMethod($0) }),
            lifetime: values.lifetime)
    }
}

extension Duration {
    /// Whole seconds for a life duration attribute: at least 1, at most 32 bits.
    var attributeSeconds: UInt64 {
        min(UInt64(clamping: max(components.seconds, 1)), TransformAttributes.longestLifetime)
    }
}

extension Offered {
    /// The choice that an attribute stands for.
    init(_ value: TransformAttributes.Value, find: (UInt16) -> Choice?, name: (UInt16) -> String) {
        self =
            switch value {
            case .absent: .absent
            case .number(let number): find(number).map(Self.known) ?? .unknown(name(number))
            case .malformed(let words): .unknown(words)
            }
    }

    /// This offer, or one that can never be accepted if something else is wrong with the transform.
    func marred(by defect: String?) -> Self {
        guard let defect else { return self }
        return switch self {
        case .known(let choice): .unknown("\(choice) with \(defect)")
        case .unknown(let words): .unknown("\(words) with \(defect)")
        case .absent: .unknown(defect)
        }
    }
}

extension Offered<CipherChoice> {
    /// A cipher and its key length, which is the cipher's own where none is named.
    init(
        cipher: TransformAttributes.Value, keyLength: TransformAttributes.Value,
        find: (UInt16) -> EncryptionAlgorithm?, name: (UInt16) -> String
    ) {
        switch cipher {
        case .absent: self = .absent
        case .malformed(let words): self = .unknown(words)
        case .number(let number):
            guard let algorithm = find(number) else {
                self = .unknown(name(number))
                return
            }
            self = Self.choice(algorithm, keyLength)
        }
    }

    private static func choice(_ algorithm: EncryptionAlgorithm, _ keyLength: TransformAttributes.Value)
        -> Self
    {
        switch keyLength {
        case .absent: .known(CipherChoice(algorithm))
        case .malformed(let words): .unknown("\(algorithm) with a key length \(words)")
        case .number(let bits):
            algorithm.keyLengths.contains(Int(bits))
                ? .known(CipherChoice(algorithm, keyBits: Int(bits)))
                : .unknown("\(algorithm) with a key of \(bits) bits")
        }
    }
}
