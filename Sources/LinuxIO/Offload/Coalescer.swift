/// Joins the TCP segments of a flow, where they follow one another, into packets that cross the TUN device once.
///
/// It collects what came with one batch, and nothing is copied but headers: a joined packet is a header of ours and
/// pieces of the packets. Joined are segments of one flow with consecutive sequence numbers and headers that are
/// otherwise equal (acknowledgement, window, options, DSCP and ECN, hop limit, DF), whose checksums are right; all but
/// the last are of one size. PSH or a shorter segment ends a packet. SYN, FIN, RST, URG and CWR, pure
/// acknowledgements, IP options, extension headers and fragments are never joined. Flows keep their order.
package struct Coalescer: Sendable {
    /// A part of a packet's octets.
    package struct Piece: Hashable, Sendable {
        /// Which of the batch's buffers it is in.
        package let source: Int
        /// Where in the buffer it is.
        package let range: Range<Int>
        /// The place of the packet's next piece; -1 for none.
        fileprivate var next = -1

        fileprivate init(_ source: Int, _ range: Range<Int>) {
            self.source = source
            self.range = range
        }
    }

    /// What leaves as one packet: one that came, as it came, or several.
    private struct Run {
        /// What the first packet is; nil for one that is not joined with others.
        var segment: TCPSegment?
        let firstPiece: Int
        var lastPiece: Int
        /// Where its header is in `headers`.
        var header = 0
        var packetCount = 1
        var payloadCount = 0
        var hasPush = false
    }

    private var runs: [Run] = []
    private var pieces: [Piece] = []
    /// Places in `runs` of those that may grow, the oldest first.
    private var open: [Int] = []
    private var headers: [UInt8] = []

    /// Flows that are joined at a time; few, so that looking through them is quick.
    private static let openLimit = 8
    /// The largest packet, in octets.
    private static let lengthLimit = 65_000
    /// The most packets in one; the kernel takes no more than 1024 pieces.
    private static let packetLimit = 128
    private static let usualHeaderRoom = 80

    /// Room for `capacity` packets before anything has to be allocated.
    package init(capacity: Int) {
        runs.reserveCapacity(capacity)
        pieces.reserveCapacity(capacity)
        open.reserveCapacity(Self.openLimit)
        headers.reserveCapacity(capacity * Self.usualHeaderRoom)
    }

    /// How many packets leave.
    package var count: Int { runs.count }

    /// Forgets everything; the room stays.
    package mutating func removeAll() {
        runs.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        headers.removeAll(keepingCapacity: true)
    }

    /// Takes the packet that came next: `range` of `bytes`, which are those of buffer `source`.
    package mutating func add(_ bytes: Span<UInt8>, _ range: Range<Int>, source: Int) {
        let packet = bytes.extracting(range)
        guard let segment = TCPSegment(packet) else { return pass(source, range) }
        let place = open.lastIndex { run in segment.isOfFlow(headers.span, at: runs[run].header, in: packet) }
        guard segment.mayBeJoined, segment.hasGoodChecksum(packet) else {
            if let place { open.remove(at: place) }
            return pass(source, range)
        }
        if let place {
            let run = open[place]
            let isTaken = fits(segment, packet, runs[run])
            if isTaken { join(segment, source, range, to: run) }
            if !isTaken || ends(runs[run], with: segment) { open.remove(at: place) }
            if isTaken { return }
        }
        begin(segment, packet, source, range)
    }

    /// Takes a packet that leaves as it came.
    private mutating func pass(_ source: Int, _ range: Range<Int>) {
        runs.append(Run(segment: nil, firstPiece: pieces.count, lastPiece: pieces.count))
        pieces.append(Piece(source, range))
    }

    private mutating func begin(
        _ segment: TCPSegment, _ packet: Span<UInt8>, _ source: Int, _ range: Range<Int>
    ) {
        pass(source, range)
        let run = runs.count - 1
        runs[run].segment = segment
        runs[run].payloadCount = segment.payloadCount
        runs[run].hasPush = segment.hasPush
        guard !segment.hasPush else { return }
        runs[run].header = headers.count
        for index in 0..<segment.headerCount { headers.append(packet[index]) }
        if open.count == Self.openLimit { open.removeFirst() }
        open.append(run)
    }

    private mutating func join(_ segment: TCPSegment, _ source: Int, _ range: Range<Int>, to run: Int) {
        pieces[runs[run].lastPiece].next = pieces.count
        runs[run].lastPiece = pieces.count
        runs[run].packetCount += 1
        runs[run].payloadCount += segment.payloadCount
        runs[run].hasPush = segment.hasPush
        pieces.append(Piece(source, range.lowerBound + segment.headerCount..<range.upperBound))
    }

    private func fits(_ segment: TCPSegment, _ packet: Span<UInt8>, _ run: Run) -> Bool {
        guard let first = run.segment, first.headerCount == segment.headerCount,
            segment.payloadCount <= first.payloadCount, run.packetCount < Self.packetLimit,
            segment.headerCount + run.payloadCount + segment.payloadCount <= Self.lengthLimit,
            segment.sequence == first.sequence &+ UInt32(truncatingIfNeeded: run.payloadCount)
        else { return false }
        return segment.agrees(headers.span, at: run.header, in: packet)
            && segment.hasIdentification(run.packetCount, after: headers.span, at: run.header, in: packet)
    }

    private func ends(_ run: Run, with segment: TCPSegment) -> Bool {
        segment.hasPush || segment.payloadCount < run.segment?.payloadCount ?? 0
    }

    // MARK: what leaves

    /// What stands in front of packet `index`, and the header that replaces the first piece's if it is a joined one.
    package mutating func finish(_ index: Int) -> (header: VirtioHeader, octets: Range<Int>) {
        let run = runs[index]
        guard run.packetCount > 1, let segment = run.segment else { return (VirtioHeader(), 0..<0) }
        let octets = run.header..<run.header + segment.headerCount
        var header = headers.mutableSpan
        segment.finish(
            &header, at: run.header, totalCount: segment.headerCount + run.payloadCount, hasPush: run.hasPush)
        var virtio = VirtioHeader()
        virtio.needsChecksum = true
        virtio.segmentation = segment.isIPv4 ? .tcp4 : .tcp6
        virtio.headerCount = UInt16(truncatingIfNeeded: segment.headerCount)
        virtio.segmentSize = UInt16(truncatingIfNeeded: segment.payloadCount)
        virtio.checksumStart = UInt16(truncatingIfNeeded: segment.transportStart)
        virtio.checksumOffset = 16
        return (virtio, octets)
    }

    /// Lets `body` read the headers of joined packets.
    func withHeaders<Value>(_ body: (Span<UInt8>) -> Value) -> Value { body(headers.span) }

    /// How many pieces packet `index` has.
    func pieceCount(_ index: Int) -> Int { runs[index].packetCount }

    /// Calls `body` for each piece of packet `index` in order, the octets behind a header of ours alone.
    package func forEachPiece(_ index: Int, _ body: (Piece) -> Void) {
        let run = runs[index]
        var place = run.firstPiece
        while place >= 0 {
            var piece = pieces[place]
            if place == run.firstPiece, run.packetCount > 1, let segment = run.segment {
                piece = Piece(
                    piece.source, piece.range.lowerBound + segment.headerCount..<piece.range.upperBound)
                piece.next = pieces[place].next
            }
            body(piece)
            place = pieces[place].next
        }
    }
}
