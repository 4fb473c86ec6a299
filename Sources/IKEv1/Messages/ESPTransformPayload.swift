package import Algorithms
package import IPsec
package import ISAKMP
package import Negotiation

/// How phase 2 says that packets travel in UDP.
package enum EncapsulationForm: Hashable, Sendable {
    /// Modes 1 and 2: not in UDP.
    case none
    /// Modes 3 and 4 (RFC 3947 section 5.1).
    case rfc3947
    /// Modes 61443 and 61444, of the drafts before it.
    case draft
}

/// Phase 2 transforms of ESP (RFC 2407 sections 4.4.4 and 4.5).
extension TransformSubstructure {
    private enum IPsecAttribute {
        static let lifeType: UInt16 = 1
        static let lifeDuration: UInt16 = 2
        static let group: UInt16 = 3
        static let mode: UInt16 = 4
        static let integrity: UInt16 = 5
        static let keyLength: UInt16 = 6
        static let basic: [UInt16] = [group, mode, integrity, keyLength]
    }

    /// An ESP transform; nil where an algorithm or the mode has no number in IKEv1.
    ///
    /// - Parameter integrity: left out for ciphers that authenticate.
    package init?(
        number: UInt8, encryption: CipherChoice, integrity: IntegrityAlgorithm?, group: KeyExchangeMethod?,
        mode: EncapsulationMode, encapsulation: EncapsulationForm, lifetime: Duration,
        kilobytes: UInt64? = nil
    ) {
        guard let identifier = encryption.algorithm.ikev1ESP,
            let keyLength = UInt16(exactly: encryption.keyBits),
            let modeNumber = Self.modeNumber(mode, encapsulation)
        else { return nil }
        var attributes = [
            DataAttribute(IPsecAttribute.lifeType, .basic(1)),
            DataAttribute(IPsecAttribute.lifeDuration, number: lifetime.attributeSeconds),
        ]
        if let kilobytes {
            attributes.append(DataAttribute(IPsecAttribute.lifeType, .basic(2)))
            attributes.append(DataAttribute(IPsecAttribute.lifeDuration, number: kilobytes))
        }
        attributes.append(DataAttribute(IPsecAttribute.mode, .basic(modeNumber)))
        if let integrity, !encryption.algorithm.isAEAD {
            guard let integrityNumber = integrity.ikev1ESP else { return nil }
            attributes.append(DataAttribute(IPsecAttribute.integrity, .basic(integrityNumber)))
        }
        if encryption.algorithm.hasVariableKeyLength {
            attributes.append(DataAttribute(IPsecAttribute.keyLength, .basic(keyLength)))
        }
        if let group { attributes.append(DataAttribute(IPsecAttribute.group, .basic(group.number))) }
        self.init(number: number, identifier: identifier, attributes: attributes)
    }

    /// What the transform offers for ESP; what is malformed or unknown is in words.
    package var childOffer: ChildOffer {
        let values = TransformAttributes(
            attributes, basic: IPsecAttribute.basic, lifeType: IPsecAttribute.lifeType,
            lifeDuration: IPsecAttribute.lifeDuration)
        let identifier = identifier
        let encryption = Offered(
            cipher: .number(UInt16(identifier)), keyLength: values[IPsecAttribute.keyLength],
            find: { _ in Catalogue.encryption(ikev1ESP: identifier) },
            name: { _ in RegistryName.espTransform(identifier) })
        return ChildOffer(
            encryption: encryption.marred(by: values.defect),
            integrity: Offered(
                values[IPsecAttribute.integrity], find: { Catalogue.integrity(ikev1ESP: $0) },
                name: { RegistryName.integrity($0) }),
            pfsGroup: Offered(
                values[IPsecAttribute.group], find: { Catalogue.keyExchange(number: $0) },
                name: { "group \($0)" }),
            mode: Offered(
                values[IPsecAttribute.mode], find: { Self.mode($0)?.0 }, name: { "encapsulation mode \($0)" }),
            lifetime: values.lifetime, kilobytes: values.kilobytes)
    }

    /// How the transform says that packets travel; nil where its mode is absent, malformed or unknown.
    package var encapsulationForm: EncapsulationForm? {
        guard attributes.count(where: { $0.type == IPsecAttribute.mode }) == 1,
            let mode = attributes.first(where: { $0.type == IPsecAttribute.mode }),
            case .basic(let number) = mode.value
        else { return nil }
        return Self.mode(number)?.1
    }

    /// The lifetime that a RESPONDER-LIFETIME notification states (RFC 2407 section 4.6.3.1).
    ///
    /// - Returns: seconds as a duration, and kilobytes, each nil where it is not mentioned.
    package static func responderLifetime(_ attributes: [DataAttribute]) -> (Duration?, kilobytes: UInt64?) {
        let values = TransformAttributes(
            attributes, basic: [], lifeType: IPsecAttribute.lifeType,
            lifeDuration: IPsecAttribute.lifeDuration)
        return values.defect == nil ? (values.lifetime, values.kilobytes) : (nil, nil)
    }

    /// The attributes of a RESPONDER-LIFETIME notification.
    package static func responderLifetime(_ lifetime: Duration) -> [DataAttribute] {
        [
            DataAttribute(IPsecAttribute.lifeType, .basic(1)),
            DataAttribute(IPsecAttribute.lifeDuration, number: lifetime.attributeSeconds),
        ]
    }

    private static func mode(_ number: UInt16) -> (EncapsulationMode, EncapsulationForm)? {
        switch number {
        case 1: (.tunnel, .none)
        case 2: (.transport, .none)
        case 3: (.tunnel, .rfc3947)
        case 4: (.transport, .rfc3947)
        case 61443: (.tunnel, .draft)
        case 61444: (.transport, .draft)
        default: nil
        }
    }

    private static func modeNumber(_ mode: EncapsulationMode, _ form: EncapsulationForm) -> UInt16? {
        switch (mode, form) {
        case (.tunnel, .none): 1
        case (.transport, .none): 2
        case (.tunnel, .rfc3947): 3
        case (.transport, .rfc3947): 4
        case (.tunnel, .draft): 61443
        case (.transport, .draft): 61444
        case (.beet, _), (.iptfs, _): nil
        }
    }
}
