/// What a data plane remembers of one packet that it dropped.
package struct DroppedPacket: Hashable, Sendable {
    /// The counter it went to, as in `DropCount`.
    package var reason: String
    package var direction: Direction
    /// When, on the monotonic clock.
    package var at: Instant
    /// Where the protected packet came from and went to; nil for one that was not protected yet.
    package var outer: Flow?
    /// Where the packet inside came from and went to; nil where it was not seen.
    package var inner: Flow?
    /// The SPI and sequence number of ESP; the latter in its low 32 bits.
    package var spi: SPI?
    package var sequence: UInt32?
    /// The whole packet as it was seen, octets.
    package var length: Int
    /// Its first octets, at most `largestHead`.
    package var head: [UInt8]

    /// How many octets of a packet are remembered.
    package static let largestHead = 64

    package init(reason: String, direction: Direction, at: Instant, length: Int, head: [UInt8]) {
        self.reason = reason
        self.direction = direction
        self.at = at
        self.length = length
        self.head = head
    }

    /// Two ends of a packet, with ports where its protocol has them (for ICMP: type and code).
    package struct Flow: Hashable, Sendable {
        package var source: Endpoint
        package var destination: Endpoint
        /// The number of the protocol above IP.
        package var upperProtocol: UInt8
        package var hasPorts: Bool

        package init(source: Endpoint, destination: Endpoint, upperProtocol: UInt8, hasPorts: Bool) {
            self.source = source
            self.destination = destination
            self.upperProtocol = upperProtocol
            self.hasPorts = hasPorts
        }
    }
}
