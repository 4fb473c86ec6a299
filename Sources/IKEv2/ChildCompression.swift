import Algorithms
import IPsec
import Negotiation

/// How both sides of an exchange agree to compress (RFC 7296 section 2.22).
struct CompressionAgreement {
    let algorithm: CompressionAlgorithm
    /// The CPI of our inbound SA.
    let ownIndex: SPI
    let peerIndex: SPI
}

/// The IPComp SAs beside the ESP or AH SAs of a child.
///
/// In tunnel mode the tunnel is theirs, and what protects it is in transport mode. An object, since few children have it.
final class ChildCompression: Sendable {
    let algorithm: CompressionAlgorithm
    let inbound: SecurityAssociation
    let outbound: SecurityAssociation

    /// - Parameter protection: the SAs beside it; their mode is that of the child.
    init(
        _ agreement: CompressionAgreement, inbound: SecurityAssociation, outbound: SecurityAssociation
    ) {
        algorithm = agreement.algorithm
        self.inbound = SecurityAssociation(
            compressingBeside: inbound, agreement.algorithm, index: agreement.ownIndex)
        self.outbound = SecurityAssociation(
            compressingBeside: outbound, agreement.algorithm, index: agreement.peerIndex)
    }
}

extension ChildSA {
    /// What has to be in the database for the peer's packets, in this order.
    var inbounds: [SecurityAssociation] {
        guard let compression else { return [inbound] }
        return [inbound, compression.inbound]
    }

    /// What has to be in the database for our packets, in this order.
    var outbounds: [SecurityAssociation] {
        guard let compression else { return [outbound] }
        return [outbound, compression.outbound]
    }

    /// The inbound SA that is to be put in place next; nil where all are.
    var nextInbound: SecurityAssociation? {
        switch placed {
        case 0: inbound
        case 1: compression?.inbound
        default: nil
        }
    }

    /// Inbound SAs that are in the database.
    var placedInbounds: ArraySlice<SecurityAssociation> { inbounds.prefix(placed) }

    /// Inbound SAs that are or may be in the database while the next one is on its way there.
    var startedInbounds: ArraySlice<SecurityAssociation> { inbounds.prefix(placed + 1) }

    var compressionStatus: CompressionStatus {
        if let compression {
            return .agreed(
                compression.algorithm, inbound: compression.inbound.id, outbound: compression.outbound.id)
        }
        return request.compression == nil ? .notWanted : .declined
    }
}

extension ChildOfferMessage {
    /// What the peer agreed to of what we asked for; nil where it does not compress.
    ///
    /// A responder names one algorithm, and none that was not offered.
    func agreedCompression(_ draft: ChildDraft) throws(NegotiationFailure) -> CompressionAgreement? {
        guard let first = compressions.first else {
            guard !draft.request.needsCompression else { throw .withoutCompression }
            return nil
        }
        guard let algorithm = draft.request.compression, let ownIndex = draft.compressionIndex else {
            throw .peerViolatedProtocol("it agrees to compression (IPCOMP_SUPPORTED), and none was offered")
        }
        guard compressions.count == 1, let offer = CompressionOffer(first), offer.fits(algorithm) else {
            throw .peerViolatedProtocol(
                "it agrees to compression by \(compressions.map(\.compressionWords).joined(separator: " and ")), and "
                    + "\(algorithm) alone was offered")
        }
        return CompressionAgreement(algorithm: algorithm, ownIndex: ownIndex, peerIndex: offer.index)
    }

    /// What of the peer's offers may be agreed to: the CPI of its inbound SA; nil where nothing may.
    func offeredIndex(_ algorithm: CompressionAlgorithm) -> SPI? {
        compressions.compactMap { CompressionOffer($0) }.first { $0.fits(algorithm) }?.index
    }
}

extension ChildRequest {
    /// The request for a policy that a peer's offer makes: with compression where the peer and the sainfo have the same.
    func compressing(_ offer: ChildOfferMessage, _ policy: ChildPolicy?) -> ChildRequest {
        var request = self
        request.compression = policy?.compression.flatMap { offer.offeredIndex($0) == nil ? nil : $0 }
        return request
    }
}

extension NotifyPayload {
    /// IPCOMP_SUPPORTED in words: `deflate, CPI 0x00001234`.
    var compressionWords: String {
        guard let offer = CompressionOffer(self) else { return "a notification of \(data.count) octets" }
        let known = Catalogue.compression.first { $0.transform == offer.transform }
        let name = known.map { "\($0)" } ?? "algorithm \(offer.transform)"
        return "\(name), CPI \(offer.index)"
    }
}
