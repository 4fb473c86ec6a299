import Algorithms
import Cryptography
import IPsec

/// The last answers of IKE SAs that ended with them: refusals of IKE_AUTH, and what confirms a deletion.
///
/// The peer that did not get the answer asks again, with the same octets (RFC 7296 section 2.1). Of the SA nothing is
/// left, its keys least of all, and none are needed to tell the same octets.
struct LastAnswers {
    private struct Entry {
        let spi: UInt64
        let request: [UInt8]
        let answer: [[UInt8]]
        let end: Instant
        var left: Int
    }

    /// A ring, the oldest being replaced.
    private var entries: [Entry] = []
    private var oldest = 0
    private var places: [UInt64: Int] = [:]

    /// Keeps the answer of an SA that has ended.
    ///
    /// - Parameters:
    ///   - spi: ours.
    ///   - request: the datagram that was answered, or one of its fragments.
    mutating func keep(_ answer: [[UInt8]], to request: [UInt8], spi: UInt64, now: Instant) {
        let entry = Entry(
            spi: spi, request: Digest.compute(.sha256, request), answer: answer, end: now + Self.patience,
            left: Self.repetitions)
        if entries.count < Self.capacity {
            places[spi] = entries.count
            entries.append(entry)
        } else {
            places[entries[oldest].spi] = nil
            places[spi] = oldest
            entries[oldest] = entry
            oldest = (oldest + 1) % Self.capacity
        }
    }

    /// What is to be sent where the same request comes once more; nil where it is not known.
    mutating func answer(to request: [UInt8], spi: UInt64, now: Instant) -> [[UInt8]]? {
        guard let place = places[spi], entries[place].end > now, entries[place].left > 0,
            entries[place].request == Digest.compute(.sha256, request)
        else { return nil }
        entries[place].left -= 1
        return entries[place].answer
    }

    /// SAs whose answers are kept.
    static let capacity = 256
    /// Longer than a peer goes on asking, as far as that can be known.
    private static let patience = Duration.seconds(180)
    private static let repetitions = 16
}
