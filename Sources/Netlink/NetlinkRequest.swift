package import KeyMaterial

/// A netlink request being built: the protocol's fixed structure, then attributes.
///
/// Keys stay in their `SecretKey` until the request is written into the socket's own buffer, which is wiped.
package struct NetlinkRequest: Sendable {
    package let type: UInt16
    /// Flags besides request and acknowledge, which every request has.
    package let flags: UInt16
    /// Whether the answer is a whole table, ended by a message of its own.
    ///
    /// The flag bits alone do not tell: requests that make things use them for something else.
    package let isDump: Bool
    /// The payload, with zeros where keys will go.
    package private(set) var payload: [UInt8] = []
    private var keys: [(offset: Int, key: SecretKey)] = []

    package init(type: UInt16, flags: UInt16 = 0) {
        self.type = type
        self.flags = flags
        isDump = false
    }

    /// A request for a whole table.
    package init(dump type: UInt16) {
        self.type = type
        flags = NetlinkFlag.dump
        isDump = true
    }

    package mutating func put(_ value: UInt8) {
        payload.append(value)
    }

    /// Appends in host byte order.
    package mutating func put(_ value: UInt16) {
        putNetworkOrder(value.bigEndian)
    }

    /// Appends in host byte order.
    package mutating func put(_ value: UInt32) {
        putNetworkOrder(value.bigEndian)
    }

    /// Appends in host byte order.
    package mutating func put(_ value: UInt64) {
        let ordered = value.bigEndian
        putNetworkOrder(UInt32(truncatingIfNeeded: ordered >> 32))
        putNetworkOrder(UInt32(truncatingIfNeeded: ordered))
    }

    package mutating func putNetworkOrder(_ value: UInt16) {
        payload.append(UInt8(truncatingIfNeeded: value >> 8))
        payload.append(UInt8(truncatingIfNeeded: value))
    }

    package mutating func putNetworkOrder(_ value: UInt32) {
        putNetworkOrder(UInt16(truncatingIfNeeded: value >> 16))
        putNetworkOrder(UInt16(truncatingIfNeeded: value))
    }

    package mutating func put(_ bytes: [UInt8]) {
        payload.append(contentsOf: bytes)
    }

    package mutating func putZeros(_ count: Int) {
        payload.append(contentsOf: repeatElement(0, count: count))
    }

    /// Appends text, then zeros up to `width` octets.
    package mutating func put(_ text: String, paddedTo width: Int) {
        precondition(text.utf8.count < width, "text longer than its field")
        payload.append(contentsOf: text.utf8)
        putZeros(width - text.utf8.count)
    }

    package mutating func put(_ key: SecretKey) {
        keys.append((payload.count, key))
        putZeros(key.count)
    }

    /// Appends an attribute (aligned, its length filled in) whose payload `body` writes; nests.
    package mutating func putAttribute(_ type: UInt16, _ body: (inout NetlinkRequest) -> Void) {
        putZeros(netlinkAligned(payload.count) - payload.count)
        let start = payload.count
        put(UInt16(0))
        put(type)
        body(&self)
        let length = payload.count - start
        precondition(length <= Int(UInt16.max), "attribute too long")
        let ordered = UInt16(length).bigEndian
        payload[start] = UInt8(truncatingIfNeeded: ordered >> 8)
        payload[start + 1] = UInt8(truncatingIfNeeded: ordered)
        putZeros(netlinkAligned(payload.count) - payload.count)
    }

    /// Octets of the whole message, aligned.
    package var encodedSize: Int { NetlinkControl.headerSize + netlinkAligned(payload.count) }

    /// Writes the message, keys included, to the front of `buffer`, which has room for `encodedSize` octets.
    package func encode(into buffer: UnsafeMutableRawBufferPointer, sequence: UInt32) {
        precondition(buffer.count >= encodedSize, "no room for the message")
        var header = NetlinkRequest(type: type)
        header.put(UInt32(NetlinkControl.headerSize + payload.count))
        header.put(type)
        header.put(flags | NetlinkFlag.request | NetlinkFlag.acknowledge)
        header.put(sequence)
        header.put(UInt32(0))
        unsafe buffer.copyBytes(from: header.payload)
        let body = unsafe UnsafeMutableRawBufferPointer(
            rebasing: buffer[NetlinkControl.headerSize..<encodedSize])
        unsafe body.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe body.copyBytes(from: payload)
        for (offset, key) in keys {
            unsafe key.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: body[offset..<offset + key.count])
                    .copyMemory(from: source)
            }
        }
    }
}
