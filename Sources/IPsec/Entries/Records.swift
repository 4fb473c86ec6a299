/// Where an SA stands in its life (RFC 2367 section 1.3).
package enum SALifeState: String, Hashable, Sendable {
    /// It has an SPI, or only a place, and no keys.
    case larval
    case mature
    /// Its soft limit is reached.
    case dying
    case dead
}

/// When an entry was made and used, and how much.
package struct EntryUsage: Hashable, Sendable {
    package var traffic = SecurityAssociationUsage()
    /// Seconds since 1970; 0 for never.
    package var added: UInt64 = 0
    /// The first use, seconds since 1970; 0 for never.
    package var firstUsed: UInt64 = 0
    /// The last use, seconds since 1970; 0 for never or not told.
    package var lastUsed: UInt64 = 0

    package init() {}
}

/// An SAD entry as read from a database.
package struct SADRecord: Sendable {
    package var entry: SADEntry
    package var state: SALifeState
    package var usage = EntryUsage()
    /// Packets that came too late for the window, came twice, and failed the integrity check.
    package var late: UInt32 = 0
    package var replayed: UInt32 = 0
    package var integrityFailures: UInt32 = 0

    package init(_ entry: SADEntry, state: SALifeState) {
        self.entry = entry
        self.state = state
    }
}

/// An SPD entry as read from a database.
package struct SPDRecord: Hashable, Sendable {
    package var entry: SPDEntry
    /// The database's own number; its low three bits are the direction, 3 and more for sockets' policies.
    package var index: UInt32
    package var usage = EntryUsage()

    package init(_ entry: SPDEntry, index: UInt32) {
        self.entry = entry
        self.index = index
    }

    /// Whether it belongs to one socket: it cannot be changed from outside.
    package var isPerSocket: Bool { index & 7 >= 3 }
}
