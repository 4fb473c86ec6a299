public import Wire

/// The four octets that every payload, proposal and transform starts with (RFC 2408 section 3.2).
///
///      0                   1                   2                   3
///     +---------------+---------------+-------------------------------+
///     ! Next payload  !   Reserved    !        Payload length         !
///     +---------------+---------------+-------------------------------+
@usableFromInline
package struct GenericHeader: Hashable, Sendable {
    package static let size = 4

    var next: UInt8
    var reserved: UInt8
    /// Octets after the header.
    var bodyLength: Int

    /// Takes a header off the front of `bytes` and makes sure that its body is there too.
    ///
    /// - Parameters:
    ///   - type: what the header belongs to, for the error.
    ///   - offset: where `bytes` starts, for the error.
    init(taking bytes: inout Span<UInt8>, type: UInt8, at offset: Int) throws(ChainError) {
        let available = bytes.count
        let length: Int
        do throws(WireError) {
            guard available >= Self.size else { throw .truncated(needed: Self.size, available: available) }
            next = try bytes.takeUInt8()
            reserved = try bytes.takeUInt8()
            length = Int(try bytes.takeUInt16())
        } catch {
            throw .wire(error, at: offset)
        }
        guard length >= Self.size else { throw .lengthTooShort(type: type, length: length, at: offset) }
        guard length <= available else {
            throw .overrun(type: type, length: length, available: available, at: offset)
        }
        bodyLength = length - Self.size
    }

    /// Writes a header whose length is yet to come, and says where that goes; the body follows.
    @usableFromInline
    package static func begin(next: UInt8, reserved: UInt8 = 0, to writer: inout ByteWriter) -> Int {
        writer.put(UInt16(next) << 8 | UInt16(reserved))
        return writer.beginLength16()
    }

    /// Fills in the length, once the body is written.
    @usableFromInline
    package static func end(_ start: Int, to writer: inout ByteWriter) throws(WireError) {
        try writer.endLength16(start, including: 2)
    }
}
