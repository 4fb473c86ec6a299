package import ISAKMP
import Wire

/// A side's proposals, or the one that was chosen (RFC 7296 section 3.3).
package struct SecurityAssociationPayload: Hashable, Sendable {
    /// What a transform is for; the raw values are transform types.
    package enum TransformKind: UInt8, Hashable, Sendable, CaseIterable {
        case encryption = 1
        case pseudorandomFunction = 2
        case integrity = 3
        case keyExchange = 4
        case sequenceNumbers = 5
    }

    package struct Transform: Hashable, Sendable {
        /// A transform type; see `TransformKind` for those we know.
        package var type: UInt8
        /// Within the type's own registry.
        package var number: UInt16
        package var attributes: [DataAttribute]

        package init(type: UInt8, number: UInt16, attributes: [DataAttribute] = []) {
            self.type = type
            self.number = number
            self.attributes = attributes
        }

        package init(_ kind: TransformKind, _ number: UInt16, keyBits: Int? = nil) {
            let attribute = keyBits.map { DataAttribute(Self.keyLength, number: UInt64($0)) }
            self.init(type: kind.rawValue, number: number, attributes: attribute.map { [$0] } ?? [])
        }

        /// The one attribute there is (RFC 7296 section 3.3.5).
        static let keyLength: UInt16 = 14
    }

    package struct Proposal: Hashable, Sendable {
        /// From 1 in steps of 1.
        package var number: UInt8
        /// See `IKEProtocol`.
        package var protocolID: UInt8
        /// The sender's SPI: none in IKE_SA_INIT, eight octets to rekey an IKE SA, four for a child SA.
        package var spi: [UInt8]
        package var transforms: [Transform]

        package init(number: UInt8, _ kind: IKEProtocol, spi: [UInt8], transforms: [Transform]) {
            self.number = number
            protocolID = kind.rawValue
            self.spi = spi
            self.transforms = transforms
        }
    }

    package var proposals: [Proposal]

    package init(_ proposals: [Proposal]) {
        self.proposals = proposals
    }

    init(body: Span<UInt8>) throws(MessageError) {
        do {
            proposals = try ProposalSubstructure.readAll(body).map(Proposal.init)
        } catch {
            throw MessageError(.payload(.securityAssociation), .chain(error))
        }
        guard !proposals.isEmpty else {
            throw MessageError(.payload(.securityAssociation), .content("no proposal"))
        }
    }

    func write(to writer: inout ByteWriter) throws(MessageError) {
        try MessageError.writing(.securityAssociation, to: &writer) { writer throws(WireError) in
            try ProposalSubstructure.write(proposals.map(\.substructure), to: &writer)
        }
    }
}

extension SecurityAssociationPayload.Proposal {
    fileprivate init(_ read: ProposalSubstructure) {
        number = read.number
        protocolID = read.protocolID
        spi = read.spi
        transforms = read.transforms.map { transform in
            SecurityAssociationPayload.Transform(
                type: UInt8(truncatingIfNeeded: transform.head >> 24),
                number: UInt16(truncatingIfNeeded: transform.head), attributes: transform.attributes)
        }
    }

    fileprivate var substructure: ProposalSubstructure {
        ProposalSubstructure(
            number: number, protocolID: protocolID, spi: spi,
            transforms: transforms.map { transform in
                TransformSubstructure(
                    head: UInt32(transform.type) << 24 | UInt32(transform.number),
                    attributes: transform.attributes)
            })
    }
}
