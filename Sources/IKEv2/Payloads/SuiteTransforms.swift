import Algorithms
import ISAKMP
package import Negotiation

extension SecurityAssociationPayload {
    /// All that is offered, the preferred first.
    ///
    /// - Parameter spi: ours, the same in each proposal.
    init(offering suites: [SuiteProposal], _ kind: IKEProtocol, spi: [UInt8]) {
        self.init(
            suites.prefix(255).enumerated().map { index, suite in
                Proposal(number: UInt8(truncatingIfNeeded: index + 1), kind, spi: spi, suite)
            })
    }
}

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
        var transforms: [Transform] = []
        transforms.reserveCapacity(SecurityAssociationPayload.TransformKind.allCases.count)
        if let encryption = suite.encryption.flatMap(Self.transform) { transforms.append(encryption) }
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
            prfs.append(transform.plain(Catalogue.pseudorandomFunction(ikev2: number)))
        case .integrity:
            let known = Catalogue.integrity(ikev2: number)
            integrity.append(number == 0 ? .known(nil) : transform.plain(known.map { $0 }))
        case .keyExchange:
            let known = Catalogue.keyExchange(number: number)
            keyExchange.append(number == 0 ? .known(nil) : transform.plain(known.map { $0 }))
        case .sequenceNumbers:
            sequenceNumbers.append(transform.plain(SequenceNumberWidth(rawValue: number)))
        case nil:
            unknownKinds.append(IKEv2Registry.typeName(transform.type) ?? "transform type \(transform.type)")
        }
    }

    private static func cipher(_ transform: SecurityAssociationPayload.Transform) -> Offered<CipherChoice> {
        let number = transform.number
        guard transform.attributes.allSatisfy({ $0.type == SecurityAssociationPayload.Transform.keyLength }),
            transform.attributes.count <= 1
        else { return .unknown("\(transform.name) with unknown attributes") }
        let bits = transform.attributes.first.flatMap { $0.number }.flatMap { Int(exactly: $0) }
        do {
            return .known(try CipherChoice(ikev2: number, keyBits: bits))
        } catch {
            return .unknown("\(error)")
        }
    }
}

extension SecurityAssociationPayload.Transform {
    /// IANA's name for it, or its number.
    fileprivate var name: String {
        IKEv2Registry.name(type: type, number: number)
            ?? "\(IKEv2Registry.typeName(type) ?? "transform") \(number)"
    }

    /// A transform that takes no attribute: one with some is another transform than we know.
    fileprivate func plain<Choice>(_ choice: Choice?) -> Offered<Choice> {
        guard attributes.isEmpty, let choice else {
            return .unknown(attributes.isEmpty ? name : "\(name) with attributes")
        }
        return .known(choice)
    }
}
