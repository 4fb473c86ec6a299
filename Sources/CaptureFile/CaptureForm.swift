/// How a capture file is written: a reader tells it, a writer is given it.
package struct CaptureForm: Hashable, Sendable {
    package enum Format: Hashable, Sendable {
        /// One link type, and times in microseconds or nanoseconds.
        case pcap(Resolution)
        /// Blocks, among them one for each interface, which has its own link type.
        case pcapng
    }

    /// What the fraction of a second counts.
    package enum Resolution: UInt32, Hashable, Sendable, CaseIterable {
        case microseconds = 1_000_000
        case nanoseconds = 1_000_000_000
    }

    package var format: Format
    package var order: ByteOrder

    package init(_ format: Format, order: ByteOrder = .little) {
        self.format = format
        self.order = order
    }

    /// A packet longer than this is taken for a mistake in the file, as libpcap does.
    package static let maximumPacket = 262_144
}
