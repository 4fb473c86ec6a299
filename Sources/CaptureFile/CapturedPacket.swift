/// When a packet was captured: seconds since 1970 in UTC, and nanoseconds of the next second.
package struct CaptureTime: Hashable, Sendable, Comparable {
    package let seconds: Int64
    package let nanoseconds: UInt32

    package init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Counts `ticks` of which `perSecond` make a second.
    init(ticks: UInt64, perSecond: UInt64, offset: Int64 = 0) {
        let (whole, rest) = ticks.quotientAndRemainder(dividingBy: perSecond)
        let sum = Int64(clamping: whole).addingReportingOverflow(offset)
        seconds = sum.overflow ? Int64.max : sum.partialValue
        // A remainder is smaller than its divisor, so that the quotient fits.
        let product = rest.multipliedFullWidth(by: 1_000_000_000)
        nanoseconds = UInt32(truncatingIfNeeded: perSecond.dividingFullWidth(product).quotient)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// One packet of a capture file.
package struct CapturedPacket: Hashable, Sendable {
    /// The record's number in its file, from 1; blocks that hold no packet have numbers too.
    package var record: UInt64
    /// nil where the file tells none (pcapng's simple packets).
    package var time: CaptureTime?
    package var linkType: LinkType
    /// What was captured, from the link layer's header on.
    package var bytes: [UInt8]
    /// Octets that the packet had on the wire; more than `bytes` where the snap length cut it.
    package var originalCount: Int

    package init(
        record: UInt64 = 0, time: CaptureTime?, linkType: LinkType, bytes: [UInt8], originalCount: Int? = nil
    ) {
        self.record = record
        self.time = time
        self.linkType = linkType
        self.bytes = bytes
        self.originalCount = originalCount ?? bytes.count
    }

    /// Octets that the snap length kept from the file.
    package var missingCount: Int { max(0, originalCount - bytes.count) }
}
