import Algorithms
import ISAKMP
import IPsec
import Negotiation

/// How the encapsulation mode attribute is numbered; it depends on whether ESP goes in UDP.
enum EncapsulationDialect: Hashable {
    /// RFC 2407 section 4.5: ESP over IP.
    case plain
    /// RFC 3947 section 5.1: ESP in UDP.
    case udp
    /// The same before it had numbers of its own (draft-ietf-ipsec-nat-t-ike-02).
    case draftUDP

    func number(_ mode: EncapsulationMode) -> UInt64 {
        let base: UInt64 = mode == .transport ? 2 : 1
        return switch self {
        case .plain: base
        case .udp: base + 2
        case .draftUDP: base + 61442
        }
    }

    func mode(_ number: UInt64?) -> Offered<EncapsulationMode> {
        // RFC 2407 leaves the default to the host; transport is what others took.
        guard let number else { return .known(.transport) }
        if number == self.number(.tunnel) { return .known(.tunnel) }
        if number == self.number(.transport) { return .known(.transport) }
        return .unknown(Self.words[number] ?? "mode \(number)")
    }

    private static let words: [UInt64: String] = [
        1: "tunnel, not in UDP", 2: "transport, not in UDP", 3: "tunnel in UDP", 4: "transport in UDP",
        61443: "tunnel in UDP (draft)", 61444: "transport in UDP (draft)",
    ]
}

/// Child policies as ESP transforms of RFC 2407 section 4.4.4, and back.
enum ESPOffers {
    /// All that a child policy accepts, as one proposal.
    static func write(
        _ policy: ChildPolicy, mode: EncapsulationMode, dialect: EncapsulationDialect, spi: SPI
    ) -> [ProposalSubstructure] {
        var transforms: [TransformSubstructure] = []
        for cipher in policy.encryption {
            guard let id = cipher.algorithm.ikev1ESP else { continue }
            let integrities: [IntegrityAlgorithm?] = cipher.algorithm.isAEAD ? [nil] : policy.integrity
            for integrity in integrities where transforms.count < 255 {
                let number = UInt8(truncatingIfNeeded: transforms.count + 1)
                let attributes = attributes(cipher, integrity, policy, dialect.number(mode))
                transforms.append(.oakley(number: number, id: id, attributes))
            }
        }
        return [ProposalSubstructure(number: 1, protocolID: esp, spi: spi.octets, transforms: transforms)]
    }

    /// The peer's offers in its order of preference; those for several protocols together are never chosen.
    static func read(
        _ proposals: [ProposalSubstructure], dialect: EncapsulationDialect
    ) -> [ReceivedTransform<ChildOffer>] {
        let all = proposals.flatMap { proposal in
            let bundle = proposals.filter { $0.number == proposal.number }
            return proposal.transforms.map { transform in
                var offer = offer(transform, proposal, dialect)
                if bundle.count > 1 { offer.encryption = .unknown("bundle of \(bundle.count) protocols") }
                return ReceivedTransform(offer: offer, proposal: proposal, transform: transform)
            }
        }
        return Array(all.prefix(ProtocolLimits.offers))
    }

    private static func attributes(
        _ cipher: CipherChoice, _ integrity: IntegrityAlgorithm?, _ policy: ChildPolicy, _ mode: UInt64
    ) -> [DataAttribute] {
        var attributes = [
            DataAttribute(lifeType, number: LifeAttributes.seconds),
            DataAttribute(lifeDuration, number: LifeAttributes.count(policy.lifetime)),
        ]
        if let group = policy.pfsGroup { attributes.append(DataAttribute(self.group, number: UInt64(group.number))) }
        attributes.append(DataAttribute(encapsulation, number: mode))
        if let number = integrity?.ikev1ESP { attributes.append(DataAttribute(authentication, number: UInt64(number))) }
        if cipher.algorithm.hasVariableKeyLength {
            attributes.append(DataAttribute(keyLength, number: UInt64(cipher.keyBits)))
        }
        return attributes
    }

    private static func offer(
        _ transform: TransformSubstructure, _ proposal: ProposalSubstructure, _ dialect: EncapsulationDialect
    ) -> ChildOffer {
        let attributes = transform.attributes
        let life = LifeAttributes(attributes, type: lifeType, duration: lifeDuration)
        return ChildOffer(
            encryption: cipher(transform, proposal, life),
            integrity: offered(attributes.number(authentication), "integrity") {
                Catalogue.integrity(ikev1ESP: $0)
            },
            pfsGroup: offered(attributes.number(group), "group") { Catalogue.keyExchange(number: $0) },
            mode: dialect.mode(attributes.number(encapsulation)), lifetime: life.lifetime,
            kilobytes: life.kilobytes)
    }

    private static func cipher(
        _ transform: TransformSubstructure, _ proposal: ProposalSubstructure, _ life: LifeAttributes
    ) -> Offered<CipherChoice> {
        guard proposal.protocolID == esp else { return .unknown("protocol \(proposal.protocolID) instead of ESP") }
        guard let spi = SPI(octets: proposal.spi), !spi.isReserved else { return .unknown("SPI that cannot be") }
        guard life.isValid else { return .unknown("malformed lifetime") }
        guard let cipher = Catalogue.encryption(ikev1ESP: transform.id) else {
            return .unknown("cipher \(transform.id)")
        }
        guard cipher.hasVariableKeyLength else { return cipher.offered(bits: nil) }
        return cipher.offered(bits: transform.attributes.number(keyLength))
    }

    private static let esp: UInt8 = 3
    private static let lifeType: UInt16 = 1
    private static let lifeDuration: UInt16 = 2
    private static let group: UInt16 = 3
    private static let encapsulation: UInt16 = 4
    private static let authentication: UInt16 = 5
    private static let keyLength: UInt16 = 6
}

extension SPI {
    /// As a proposal carries it.
    var octets: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }

    init?(octets: [UInt8]) {
        guard octets.count == 4 else { return nil }
        self.init(octets.reduce(0) { $0 << 8 | UInt32($1) })
    }
}
