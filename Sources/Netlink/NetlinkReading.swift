package import Wire

/// The fixed head of a netlink message.
package struct NetlinkHeader: Hashable, Sendable {
    package var type: UInt16
    package var flags: UInt16
    /// The number of the request this answers; 0 for most events.
    package var sequence: UInt32
    /// The netlink port of the requester; 0 for the kernel itself.
    package var port: UInt32

    package init(type: UInt16, flags: UInt16, sequence: UInt32, port: UInt32) {
        self.type = type
        self.flags = flags
        self.sequence = sequence
        self.port = port
    }
}

/// Taking netlink's messages and attributes off a span; nothing is ever read outside it.
extension Span where Element == UInt8 {
    /// Calls `body` with the header and the payload of every message of a datagram.
    ///
    /// - Throws: `WireError.truncated` at a message whose length is impossible; those before it were delivered.
    package func forEachNetlinkMessage(
        _ body: (NetlinkHeader, Span<UInt8>) throws(WireError) -> Void
    ) throws(WireError) {
        var rest = self
        while !rest.isEmpty {
            var fields = rest
            let length = Int(try fields.takeHostUInt32())
            let type = try fields.takeHostUInt16()
            let flags = try fields.takeHostUInt16()
            let sequence = try fields.takeHostUInt32()
            let port = try fields.takeHostUInt32()
            guard length >= NetlinkControl.headerSize, length <= rest.count else {
                throw .truncated(needed: length, available: rest.count)
            }
            let header = NetlinkHeader(type: type, flags: flags, sequence: sequence, port: port)
            try body(header, rest.extracting(NetlinkControl.headerSize..<length))
            rest = rest.extracting(droppingFirst: Swift.min(netlinkAligned(length), rest.count))
        }
    }

    /// Calls `body` with the type (without its flag bits) and the payload of every attribute.
    ///
    /// - Throws: `WireError.truncated` at an attribute whose length is impossible; those before it were delivered.
    package func forEachNetlinkAttribute(
        _ body: (UInt16, Span<UInt8>) throws(WireError) -> Void
    ) throws(WireError) {
        var rest = self
        while !rest.isEmpty {
            var fields = rest
            let length = Int(try fields.takeHostUInt16())
            let type = try fields.takeHostUInt16()
            guard length >= 4, length <= rest.count else {
                throw .truncated(needed: length, available: rest.count)
            }
            try body(type & 0x3fff, rest.extracting(4..<length))
            rest = rest.extracting(droppingFirst: Swift.min(netlinkAligned(length), rest.count))
        }
    }
}
