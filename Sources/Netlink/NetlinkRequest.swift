package import KeyMaterial

/// A netlink request being built: the protocol's fixed structure, then attributes.
///
/// Keys stay in their `SecretKey` until the request is written into the socket's own buffer, which is wiped.
package struct NetlinkRequest: Sendable {
    package let type: UInt16
    /// Flags besides those for a request and for its acknowledgement, which are set on sending.
    package let flags: UInt16
    /// Whether the answer is a whole table, ended by a message of its own.
    ///
    /// The flag bits alone do not tell: requests that make things use them for something else.
    package let isDump: Bool
    /// The payload, with zeros where keys will go.
    package private(set) var payload: [UInt8] = []
    private var keys: [(offset: Int, key: SecretKey)] = []

    /// - Parameter capacity: octets of payload to make room for at once.
    package init(type: UInt16, flags: UInt16 = 0, capacity: Int = 0) {
        self.type = type
        self.flags = flags
        isDump = false
        payload.reserveCapacity(capacity)
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
        append(value)
    }

    /// Appends in host byte order.
    package mutating func put(_ value: UInt32) {
        append(value)
    }

    /// Appends in host byte order.
    package mutating func put(_ value: UInt64) {
        append(value)
    }

    package mutating func putNetworkOrder(_ value: UInt16) {
        append(value.bigEndian)
    }

    package mutating func putNetworkOrder(_ value: UInt32) {
        append(value.bigEndian)
    }

    package mutating func putNetworkOrder(_ value: UInt64) {
        append(value.bigEndian)
    }

    /// Appends the octets of a number as they lie in memory.
    private mutating func append(_ value: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: value) { unsafe payload.append(contentsOf: $0) }
    }

    package mutating func put(_ bytes: [UInt8]) {
        payload.append(contentsOf: bytes)
    }

    package mutating func putZeros(_ count: Int) {
        for _ in 0..<count / 8 { append(UInt64(0)) }
        for _ in 0..<count % 8 { payload.append(0) }
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
    ///
    /// - Parameter port: what the kernel copies into events that the request causes; it asks nothing of it.
    package func encode(
        into buffer: UnsafeMutableRawBufferPointer, sequence: UInt32, port: UInt32 = 0,
        isAcknowledged: Bool = false
    ) {
        precondition(buffer.count >= encodedSize, "no room for the message")
        let size = NetlinkControl.headerSize
        unsafe buffer.storeBytes(of: UInt32(size + payload.count), toByteOffset: 0, as: UInt32.self)
        unsafe buffer.storeBytes(of: type, toByteOffset: 4, as: UInt16.self)
        unsafe buffer.storeBytes(
            of: flags | NetlinkFlag.request | (isAcknowledged ? NetlinkFlag.acknowledge : 0),
            toByteOffset: NetlinkControl.flagsOffset, as: UInt16.self)
        unsafe buffer.storeBytes(of: sequence, toByteOffset: 8, as: UInt32.self)
        unsafe buffer.storeBytes(of: port, toByteOffset: 12, as: UInt32.self)
        let body = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[size..<encodedSize])
        unsafe body.copyBytes(from: payload)
        for offset in payload.count..<body.count { unsafe body[offset] = 0 }
        for (offset, key) in keys {
            unsafe key.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: body[offset..<offset + key.count])
                    .copyMemory(from: source)
            }
        }
    }
}
