package import ISAKMP
import Wire

/// What is offered or chosen (RFC 2408 section 3.4, RFC 2407 section 4.6.1).
///
///     +---------------------------------------------------------------+
///     !               Domain of interpretation (IPsec)                !
///     +---------------------------------------------------------------+
///     !                  Situation (identity only)                    !
///     +---------------------------------------------------------------+
///     ~                          Proposals                            ~
///     +---------------------------------------------------------------+
package struct SecurityAssociationPayload: Hashable, Sendable {
    /// At least one, each with at least one transform.
    package let proposals: [ProposalSubstructure]
    /// The body as received or as it will be sent: SAi_b of HASH_I and HASH_R (RFC 2409 section 5).
    package let rawBody: [UInt8]

    /// Makes a payload of the IPsec domain in the identity-only situation.
    package init(proposals: [ProposalSubstructure]) throws(MessageError) {
        self.proposals = proposals
        var writer = ByteWriter(capacity: Self.usualSize)
        try MessageError.writing(.securityAssociation, to: &writer) { writer throws(WireError) in
            writer.put(DomainOfInterpretation.ipsec)
            writer.put(Self.identityOnly)
            try ProposalSubstructure.write(proposals, to: &writer)
        }
        rawBody = writer.bytes
        try Self.check(proposals)
    }

    package init(body: Span<UInt8>) throws(MessageError) {
        var rest = body
        let doi: UInt32
        let situation: UInt32
        do {
            doi = try rest.takeUInt32()
            situation = try rest.takeUInt32()
        } catch {
            throw Self.error(.wire(error))
        }
        guard doi == DomainOfInterpretation.ipsec else { throw Self.error(.domainOfInterpretation(doi)) }
        guard situation == Self.identityOnly else { throw Self.error(.situation(situation)) }
        do {
            proposals = try ProposalSubstructure.readAll(rest, at: body.count - rest.count)
        } catch {
            throw Self.error(.chain(error))
        }
        rawBody = body.array
        try Self.check(proposals)
    }

    private static func check(_ proposals: [ProposalSubstructure]) throws(MessageError) {
        guard !proposals.isEmpty else { throw error(.content("no proposal, expected at least one")) }
        for proposal in proposals where proposal.transforms.isEmpty {
            throw error(.content("proposal \(proposal.number) has no transform, expected at least one"))
        }
    }

    private static func error(_ reason: MessageError.Reason) -> MessageError {
        MessageError(.payload(.securityAssociation), reason)
    }

    /// Octets that few of our bodies exceed.
    private static let usualSize = 96

    /// SIT_IDENTITY_ONLY (RFC 2407 section 4.2.1).
    private static let identityOnly: UInt32 = 1
}

/// The head of a transform as IKEv1 lays it out (RFC 2408 section 3.6).
extension TransformSubstructure {
    package init(number: UInt8, identifier: UInt8, attributes: [DataAttribute]) {
        self.init(head: UInt32(number) << 24 | UInt32(identifier) << 16, attributes: attributes)
    }

    /// Counts the transforms of a proposal; the answer repeats the number chosen.
    package var number: UInt8 { UInt8(truncatingIfNeeded: head >> 24) }

    /// KEY_IKE in phase 1, the ESP transform identifier in phase 2.
    package var identifier: UInt8 { UInt8(truncatingIfNeeded: head >> 16) }
}
