package import Cryptography
package import IPsec

/// Which compression parameter indices (CPIs) of ours are taken (RFC 3173 section 3.3).
///
/// A CPI has 16 bits, so that endpoints beside each other would soon draw the same: each has a share of them.
package struct CompressionIndices: Sendable {
    /// What two peers may agree on: the lower ones are reserved, the upper ones private.
    private static let negotiable: Range<UInt32> = 0x100..<0xf000
    private let first: UInt32
    private let count: UInt32
    private(set) var taken: Set<SPI> = []
    /// By the inbound SPI of the child SA that a CPI belongs to.
    private var owners: [SPI: SPI] = [:]

    /// - Parameters:
    ///   - share: which of the shares, from 0.
    ///   - shares: how many there are, at least 1.
    package init(share: Int = 0, of shares: Int = 1) {
        count = UInt32(Self.negotiable.count / max(1, shares))
        first = Self.negotiable.lowerBound + UInt32(max(0, share)) * count
    }

    /// A free CPI for the child SA with this inbound SPI; nil where all are taken.
    package mutating func draw(for spi: SPI, random: inout any RandomSource) -> SPI? {
        guard taken.count < count, owners[spi] == nil else { return nil }
        var offset = random.uint32() % count
        while !taken.insert(SPI(first + offset)).inserted { offset = (offset + 1) % count }
        owners[spi] = SPI(first + offset)
        return owners[spi]
    }

    /// The child SA with this inbound SPI needs its CPI no more, if it had one.
    package mutating func release(_ spi: SPI) {
        if let index = owners.removeValue(forKey: spi) { taken.remove(index) }
    }
}
