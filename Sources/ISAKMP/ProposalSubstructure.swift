package import Wire

/// A proposal inside a security association payload (RFC 2408 section 3.5, RFC 7296 section 3.3.1).
///
///      0                   1                   2                   3
///     +---------------+---------------+-------------------------------+
///     !   2 or 0      !   Reserved    !            Length             !
///     +---------------+---------------+---------------+---------------+
///     !   Number      !  Protocol ID  !   SPI size    ! # transforms  !
///     +---------------+---------------+---------------+---------------+
///     !                        SPI (variable)                         !
///     +---------------------------------------------------------------+
///     ~                          Transforms                           ~
///     +---------------------------------------------------------------+
package struct ProposalSubstructure: Hashable, Sendable {
    /// Proposals that are read in one payload; more are refused.
    package static let maximumCount = 64
    /// Transforms that are read in one payload, over all proposals; more are refused.
    package static let maximumTransforms = 1024

    /// Proposals with the same number are meant together.
    package var number: UInt8
    /// What the proposal is for: 1 ISAKMP, 2 AH, 3 ESP, 4 IPComp.
    package var protocolID: UInt8
    /// At most 255 octets.
    package var spi: [UInt8]
    /// In order of preference; at most 255.
    package var transforms: [TransformSubstructure]

    package init(number: UInt8, protocolID: UInt8, spi: [UInt8], transforms: [TransformSubstructure]) {
        self.number = number
        self.protocolID = protocolID
        self.spi = spi
        self.transforms = transforms
    }

    /// Reads proposals to the end of `bytes`, which starts `offset` octets into what is being read.
    package static func readAll(
        _ bytes: Span<UInt8>, at offset: Int = 0
    ) throws(ChainError) -> [ProposalSubstructure] {
        var proposals: [ProposalSubstructure] = []
        var left = maximumTransforms
        try readList(bytes, at: offset, next: next, limit: maximumCount) {
            body, position throws(ChainError) in
            let proposal = try ProposalSubstructure(reading: body, at: position, limit: left)
            left -= proposal.transforms.count
            proposals.append(proposal)
        }
        return proposals
    }

    /// Writes proposals one after the other, each saying whether another follows.
    package static func write(
        _ proposals: [ProposalSubstructure], to writer: inout ByteWriter
    ) throws(WireError) {
        for (index, proposal) in proposals.enumerated() {
            let next = index + 1 < proposals.count ? Self.next : 0
            let start = GenericHeader.begin(next: next, to: &writer)
            try proposal.writeBody(to: &writer)
            try GenericHeader.end(start, to: &writer)
        }
    }

    private init(reading body: Span<UInt8>, at offset: Int, limit: Int) throws(ChainError) {
        var rest = body
        let announced: Int
        do {
            number = try rest.takeUInt8()
            protocolID = try rest.takeUInt8()
            let spiSize = Int(try rest.takeUInt8())
            announced = Int(try rest.takeUInt8())
            spi = try rest.takeBytes(spiSize)
        } catch {
            throw .wire(error, at: offset + body.count - rest.count)
        }
        let start = offset + body.count - rest.count
        var transforms: [TransformSubstructure] = []
        transforms.reserveCapacity(min(announced, rest.count / TransformSubstructure.leastSize))
        let next = TransformSubstructure.next
        try Self.readList(rest, at: start, next: next, limit: limit) { body, position throws(ChainError) in
            transforms.append(try TransformSubstructure(reading: body, at: position))
        }
        guard transforms.count == announced else {
            throw .transformCount(announced: announced, found: transforms.count, at: start)
        }
        self.transforms = transforms
    }

    private func writeBody(to writer: inout ByteWriter) throws(WireError) {
        writer.put(number)
        writer.put(protocolID)
        writer.put(try Self.octet(spi.count))
        writer.put(try Self.octet(transforms.count))
        writer.put(spi)
        for (index, transform) in transforms.enumerated() {
            let next = index + 1 < transforms.count ? TransformSubstructure.next : 0
            let start = GenericHeader.begin(next: next, to: &writer)
            try transform.writeBody(to: &writer)
            try GenericHeader.end(start, to: &writer)
        }
    }

    /// Walks items that each say by `next` whether another of the kind follows, to the end of `bytes`.
    private static func readList(
        _ bytes: Span<UInt8>, at offset: Int, next: UInt8, limit: Int,
        _ item: (Span<UInt8>, Int) throws(ChainError) -> Void
    ) throws(ChainError) {
        var rest = bytes
        var count = 0
        var isLast = bytes.isEmpty
        while !isLast {
            let position = offset + bytes.count - rest.count
            guard count < limit else { throw .tooMany(limit: limit, at: position) }
            let header = try GenericHeader(taking: &rest, type: next, at: position)
            guard header.next == next || header.next == 0 else {
                throw .unexpectedNext(found: header.next, expected: next, at: position)
            }
            try item(rest.extracting(first: header.bodyLength), position + GenericHeader.size)
            rest = rest.extracting(droppingFirst: header.bodyLength)
            count += 1
            isLast = header.next == 0
        }
        guard rest.isEmpty else {
            throw .trailing(count: rest.count, at: offset + bytes.count - rest.count)
        }
    }

    private static func octet(_ count: Int) throws(WireError) -> UInt8 {
        guard let octet = UInt8(exactly: count) else { throw .fieldOverflow(value: count, maximum: 255) }
        return octet
    }

    /// What says that another proposal follows.
    private static let next: UInt8 = 2
}
