/// The netlink protocols this program speaks; the raw value is the kernel's.
package struct NetlinkFamily: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Links, addresses, routes and rules.
    package static let route = NetlinkFamily(rawValue: 0)
    /// Security associations and policies.
    package static let xfrm = NetlinkFamily(rawValue: 6)
}

/// Bits of a netlink message's flags field that requests set.
package enum NetlinkFlag {
    package static let request: UInt16 = 0x001
    package static let acknowledge: UInt16 = 0x004
    /// Ask for the whole table.
    package static let dump: UInt16 = 0x300
    /// Replace what is there.
    package static let replace: UInt16 = 0x100
    /// Fail if it is there.
    package static let exclusive: UInt16 = 0x200
    /// Make it if it is not there.
    package static let create: UInt16 = 0x400
    package static let append: UInt16 = 0x800
}

/// Message types and reply flags below every protocol's own.
enum NetlinkControl {
    static let error: UInt16 = 2
    static let done: UInt16 = 3
    /// Types below this one are control messages.
    static let firstProtocolType: UInt16 = 16
    /// The request in an error message is cut to its header.
    static let cappedFlag: UInt16 = 0x100
    /// Attributes follow the request in an error message.
    static let attributesFlag: UInt16 = 0x200
    static let headerSize = 16
    static let flagsOffset = 6
    /// The kernel's explanation in an error message, zero-terminated.
    static let explanationAttribute: UInt16 = 1
}

/// Rounds a length up to netlink's alignment of four octets.
func netlinkAligned(_ length: Int) -> Int {
    (length + 3) & ~3
}
