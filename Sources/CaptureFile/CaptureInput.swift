/// The octets of a capture, taken from the front, fetched piece by piece.
///
/// It holds one piece and nothing else.
struct CaptureInput {
    private let fetch: () throws(CaptureFailure) -> [UInt8]
    private var piece: [UInt8] = []
    private var position = 0
    /// Octets taken so far.
    private(set) var offset: UInt64 = 0

    /// - Parameter fetch: gives what comes next, and nothing at the end.
    init(_ fetch: @escaping () throws(CaptureFailure) -> [UInt8]) {
        self.fetch = fetch
    }

    /// The next octets; fewer than `count` only at the end.
    mutating func take(_ count: Int) throws(CaptureFailure) -> [UInt8] {
        var taken: [UInt8] = []
        taken.reserveCapacity(count)
        while taken.count < count, try refill() {
            let end = min(piece.count, position + count - taken.count)
            taken.append(contentsOf: piece[position..<end])
            position = end
        }
        offset += UInt64(taken.count)
        return taken
    }

    /// Goes past octets; how many there were is fewer than `count` only at the end.
    mutating func skip(_ count: Int) throws(CaptureFailure) -> Int {
        var left = count
        while left > 0, try refill() {
            let step = min(piece.count - position, left)
            position += step
            left -= step
        }
        offset += UInt64(count - left)
        return count - left
    }

    /// Whether there is more.
    private mutating func refill() throws(CaptureFailure) -> Bool {
        guard position == piece.count else { return true }
        piece = try fetch()
        position = 0
        return !piece.isEmpty
    }
}
