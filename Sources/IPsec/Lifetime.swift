/// When a security association is to be renewed (soft) and when it ends (hard); nil is never.
package struct Lifetime: Hashable, Sendable {
    @TimeLimit package var softTime: Duration?
    @TimeLimit package var hardTime: Duration?
    /// Octets of protected packets.
    @CountLimit package var softBytes: UInt64?
    @CountLimit package var hardBytes: UInt64?
    @CountLimit package var softPackets: UInt64?
    @CountLimit package var hardPackets: UInt64?
    /// Counted from the first packet, not from when the SA was made.
    @TimeLimit package var softUseTime: Duration?
    @TimeLimit package var hardUseTime: Duration?

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

/// A number of octets or packets, or none, in 8 octets: hosts keep a lifetime for each of very many SAs.
///
/// The greatest number is no limit, as in the kernel.
@propertyWrapper package struct CountLimit: Hashable, Sendable {
    private var count = UInt64.max

    package init(wrappedValue: UInt64?) {
        self.wrappedValue = wrappedValue
    }

    package var wrappedValue: UInt64? {
        get { count == .max ? nil : count }
        set { count = newValue ?? .max }
    }
}

/// A time, or none, in 8 octets: what is longer than 292 years is no limit.
@propertyWrapper package struct TimeLimit: Hashable, Sendable {
    private var nanoseconds = Int64.max

    package init(wrappedValue: Duration?) {
        self.wrappedValue = wrappedValue
    }

    package var wrappedValue: Duration? {
        get { nanoseconds == .max ? nil : .nanoseconds(nanoseconds) }
        set { nanoseconds = newValue.map(Self.nanoseconds) ?? .max }
    }

    private static func nanoseconds(_ time: Duration) -> Int64 {
        let (seconds, attoseconds) = time.components
        let (whole, isLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isLonger) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isLong || isLonger ? .max : sum
    }
}
