/// When a security association is to be renewed (soft) and when it ends (hard); nil is never.
package struct Lifetime: Hashable, Sendable {
    package var softTime: Duration?
    package var hardTime: Duration?
    /// Octets of protected packets.
    package var softBytes: UInt64?
    package var hardBytes: UInt64?
    package var softPackets: UInt64?
    package var hardPackets: UInt64?
    /// Counted from the first packet, not from when the SA was made.
    package var softUseTime: Duration?
    package var hardUseTime: Duration?

    package init(
        softTime: Duration? = nil, hardTime: Duration? = nil, softBytes: UInt64? = nil,
        hardBytes: UInt64? = nil,
        softPackets: UInt64? = nil, hardPackets: UInt64? = nil, softUseTime: Duration? = nil,
        hardUseTime: Duration? = nil
    ) {
        self.softTime = softTime
        self.hardTime = hardTime
        self.softBytes = softBytes
        self.hardBytes = hardBytes
        self.softPackets = softPackets
        self.hardPackets = hardPackets
        self.softUseTime = softUseTime
        self.hardUseTime = hardUseTime
    }

    package static let unlimited = Lifetime()
}
