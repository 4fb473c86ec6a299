import Algorithms
import IPsec
import Wire

/// What IPCOMP_SUPPORTED says: that its sender takes compressed packets, and under which CPI (RFC 7296 section 2.22).
///
///     +-------------------------------+---------------+---------------+
///     |             CPI               | Transform ID  |  Attributes…  |
///     +-------------------------------+---------------+---------------+
struct CompressionOffer: Hashable {
    /// The compression parameters index that the sender's inbound SA has, as an SPI.
    let index: SPI
    /// The number of the algorithm.
    let transform: UInt8

    init(_ algorithm: CompressionAlgorithm, index: SPI) {
        self.index = index
        transform = algorithm.transform
    }

    /// nil where there is less than an index and a number.
    init?(_ notify: NotifyPayload) {
        let octets = notify.data
        guard let transform = octets.dropFirst(2).first, let index = UInt16(octets: Array(octets.prefix(2)))
        else { return nil }
        self.index = SPI(UInt32(index))
        self.transform = transform
    }

    var notify: NotifyPayload {
        NotifyPayload(
            .ipcompSupported, data: UInt16(truncatingIfNeeded: index.value).octets + [transform])
    }

    /// Whether it is for this algorithm, under an index that may be agreed on (RFC 3173 section 3.3).
    func fits(_ algorithm: CompressionAlgorithm) -> Bool {
        transform == algorithm.transform && !index.isReserved
    }
}
