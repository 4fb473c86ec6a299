package import Wire

/// A type and a value in one of two shapes (RFC 2408 section 3.3).
///
///      0                   1                   2                   3
///     +-+-------------------------------------------------------------+
///     !A!       Attribute type          !   AF=0  Attribute length    !
///     !F!                               !   AF=1  Attribute value     !
///     +-+-------------------------------+-----------------------------+
///     .                     AF=0  Attribute value                     .
///     +---------------------------------------------------------------+
package struct DataAttribute: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        /// Type and value, two octets (AF=1).
        case basic(UInt16)
        /// Type, length and value (AF=0).
        case variable([UInt8])
    }

    /// Attributes that are read in one transform; more are refused.
    package static let maximumCount = 64

    /// 15 bits; the class number of whatever the attribute belongs to.
    package var type: UInt16
    package var value: Value

    package init(_ type: UInt16, _ value: Value) {
        self.type = type & ~Self.basicFormat
        self.value = value
    }

    /// An attribute whose value is a number: basic where it fits, else variable with four or eight octets.
    package init(_ type: UInt16, number: UInt64) {
        if let short = UInt16(exactly: number) {
            self.init(type, .basic(short))
        } else {
            let size = number > UInt64(UInt32.max) ? 8 : 4
            let octets = (0..<size).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (size - 1 - $0))) }
            self.init(type, .variable(octets))
        }
    }

    /// The value as a number, most significant octet first; nil when empty or beyond 64 bits.
    package var number: UInt64? {
        switch value {
        case .basic(let short):
            return UInt64(short)
        case .variable(let octets):
            let digits = octets.drop { $0 == 0 }
            guard !octets.isEmpty, digits.count <= 8 else { return nil }
            return digits.reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// Reads attributes to the end of `bytes`, which starts `offset` octets into what is being read.
    package static func readAll(
        _ bytes: Span<UInt8>, at offset: Int = 0, limit: Int = maximumCount
    ) throws(ChainError) -> [DataAttribute] {
        var attributes: [DataAttribute] = []
        guard !bytes.isEmpty else { return attributes }
        attributes.reserveCapacity(min(bytes.count / Self.leastSize, limit))
        var rest = bytes
        while !rest.isEmpty {
            let position = offset + bytes.count - rest.count
            guard attributes.count < limit else { throw .tooMany(limit: limit, at: position) }
            do {
                attributes.append(try DataAttribute(taking: &rest))
            } catch {
                throw .wire(error, at: position)
            }
        }
        return attributes
    }

    package func write(to writer: inout ByteWriter) throws(WireError) {
        switch value {
        case .basic(let short):
            writer.put(type | Self.basicFormat)
            writer.put(short)
        case .variable(let octets):
            writer.put(type)
            try writer.putLengthPrefixed16(including: -2) { writer in writer.put(octets) }
        }
    }

    private init(taking bytes: inout Span<UInt8>) throws(WireError) {
        let head = try bytes.takeUInt16()
        let second = try bytes.takeUInt16()
        type = head & ~Self.basicFormat
        value = head & Self.basicFormat != 0 ? .basic(second) : .variable(try bytes.takeBytes(Int(second)))
    }

    /// Octets of an attribute without a value of its own.
    private static let leastSize = 4

    /// The AF bit.
    private static let basicFormat: UInt16 = 0x8000
}
