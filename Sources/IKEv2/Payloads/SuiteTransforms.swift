import Algorithms
import ISAKMP
package import Negotiation

/// Proposals of the configuration as the wire carries them, and back (RFC 7296 section 3.3).
extension SecurityAssociationPayload.Proposal {
    private typealias Transform = SecurityAssociationPayload.Transform

    /// All that a proposal of ours accepts.
    package init(number: UInt8, _ kind: IKEProtocol, spi: [UInt8], _ proposal: SuiteProposal) {
        var transforms = proposal.encryption.compactMap(Self.transform)
        transforms += proposal.prfs.compactMap { $0.ikev2.map { Transform(.pseudorandomFunction, $0) } }
        let authenticates = proposal.encryption.contains { $0.algorithm.isAEAD }
        if !authenticates {
            transforms += proposal.integrity.compactMap { $0.ikev2.map { Transform(.integrity, $0) } }
        }
        transforms += proposal.keyExchange.map { Transform(.keyExchange, $0.number) }
        transforms += proposal.sequenceNumbers.map { Transform(.sequenceNumbers, $0.rawValue) }
        self.init(number: number, kind, spi: spi, transforms: transforms)
    }

    /// What was agreed to, in answer to the peer's proposal of the same number.
    package init(answering offer: Self, spi: [UInt8], _ selection: SuiteSelection) {
        let suite = selection.suite
        var transforms = [suite.encryption.flatMap(Self.transform)].compactMap { $0 }
        if let number = suite.prf?.ikev2 { transforms.append(Transform(.pseudorandomFunction, number)) }
        let integrity = suite.integrity?.ikev2 ?? (selection.statesNoIntegrity ? 0 : nil)
        if let integrity { transforms.append(Transform(.integrity, integrity)) }
        let group = suite.keyExchange?.number ?? (selection.statesNoKeyExchange ? 0 : nil)
        if let group { transforms.append(Transform(.keyExchange, group)) }
        let speaksOfWidth = offer.transforms.contains {
            $0.type == SecurityAssociationPayload.TransformKind.sequenceNumbers.rawValue
        }
        if let width = suite.sequenceNumbers, speaksOfWidth {
            transforms.append(Transform(.sequenceNumbers, width.rawValue))
        }
        self = offer
        self.spi = spi
        self.transforms = transforms
    }

    private static func transform(_ cipher: CipherChoice) -> Transform? {
        cipher.algorithm.ikev2.map {
            Transform(.encryption, $0, keyBits: cipher.algorithm.hasVariableKeyLength ? cipher.keyBits : nil)
        }
    }

    /// What a peer offers, as far as we understand it.
    ///
    /// - Parameters:
    ///   - kind: what is being negotiated.
    ///   - spiSize: octets its SPI must have.
    package func offer(for kind: IKEProtocol, spiSize: Int) -> SuiteOffer {
        var offer = SuiteOffer()
        if protocolID != kind.rawValue {
            offer.flaw = "protocol \(protocolID) instead of \(kind.rawValue)"
        } else if spi.count != spiSize || (spiSize == 4 && isReserved) {
            offer.flaw = "an SPI that cannot be"
        }
        for transform in transforms { offer.add(transform) }
        return offer
    }

    private var isReserved: Bool { spi.prefix(3).allSatisfy { $0 == 0 } }
}

extension SuiteOffer {
    fileprivate mutating func add(_ transform: SecurityAssociationPayload.Transform) {
        let number = transform.number
        switch SecurityAssociationPayload.TransformKind(rawValue: transform.type) {
        case .encryption: encryption.append(Self.cipher(transform))
        case .pseudorandomFunction:
            prfs.append(
                transform.plain(
                    "PRF", Catalogue.pseudorandomFunctions.first { $0.ikev2 == number }))
        case .integrity:
            let known = Catalogue.integrity.first { $0.ikev2 == number && number != 0 }
            integrity.append(number == 0 ? .known(nil) : transform.plain("integrity", known.map { $0 }))
        case .keyExchange:
            let known = Catalogue.keyExchange(number: number)
            keyExchange.append(number == 0 ? .known(nil) : transform.plain("key exchange", known.map { $0 }))
        case .sequenceNumbers:
            sequenceNumbers.append(transform.plain("ESN", SequenceNumberWidth(rawValue: number)))
        case nil: unknownKinds.append("transform type \(transform.type)")
        }
    }

    private static func cipher(_ transform: SecurityAssociationPayload.Transform) -> Offered<CipherChoice> {
        let number = transform.number
        guard let algorithm = Catalogue.encryption.first(where: { $0.ikev2 == number }) else {
            return .unknown("encryption \(number)")
        }
        guard transform.attributes.allSatisfy({ $0.type == SecurityAssociationPayload.Transform.keyLength }),
            transform.attributes.count <= 1
        else { return .unknown("\(algorithm) with unknown attributes") }
        guard let bits = transform.attributes.first.flatMap({ $0.number }).flatMap({ Int(exactly: $0) })
        else {
            // RFC 7296 section 3.3.5 wants the length said for AES and forbids it for what has only one.
            return algorithm.hasVariableKeyLength
                ? .unknown("\(algorithm) without a key length") : .known(CipherChoice(algorithm))
        }
        guard algorithm.hasVariableKeyLength, algorithm.keyLengths.contains(bits) else {
            return .unknown("\(algorithm) with \(bits) bits")
        }
        return .known(CipherChoice(algorithm, keyBits: bits))
    }
}

extension SecurityAssociationPayload.Transform {
    /// A transform that takes no attribute: one with some is another transform than we know.
    fileprivate func plain<Choice>(_ name: String, _ choice: Choice?) -> Offered<Choice> {
        guard attributes.isEmpty, let choice else {
            return .unknown(attributes.isEmpty ? "\(name) \(number)" : "\(name) \(number) with attributes")
        }
        return .known(choice)
    }
}
