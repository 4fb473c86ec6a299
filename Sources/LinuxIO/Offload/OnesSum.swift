/// The one's complement sum of the Internet checksum (RFC 1071), of octets that come in pieces.
///
/// Words are taken as the host orders them, and the result is written so, too: the sum does not depend on the order
/// (RFC 1071 section 2(B)). Every piece but the last has an even number of octets.
struct OnesSum {
    private var total: UInt64 = 0

    init() {}

    /// Adds octets.
    mutating func add(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { bytes in
            var words: UInt64 = 0
            let whole = bytes.count / 4
            for index in 0..<whole {
                unsafe words &+= UInt64(bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
            }
            total &+= Self.fold(words)
            var rest = 4 * whole
            if rest + 2 <= bytes.count {
                unsafe total &+= UInt64(bytes.loadUnaligned(fromByteOffset: rest, as: UInt16.self))
                rest += 2
            }
            // The missing octet of the last word counts as zero.
            if rest < bytes.count { unsafe total &+= UInt64(UInt16(bigEndian: UInt16(bytes[rest]) << 8)) }
        }
    }

    /// Adds a 16-bit number.
    mutating func add(_ number: UInt16) {
        total &+= UInt64(number.bigEndian)
    }

    /// Takes away a 16-bit number that was added.
    mutating func subtract(_ number: UInt16) {
        total &+= UInt64((~number).bigEndian)
    }

    /// The sum as a number.
    var value: UInt16 { UInt16(bigEndian: UInt16(truncatingIfNeeded: Self.fold(total))) }

    private static func fold(_ sum: UInt64) -> UInt64 {
        var sum = sum
        while sum > 0xffff { sum = (sum & 0xffff) &+ (sum >> 16) }
        return sum
    }
}

// Offsets given to these come from headers whose bounds have been checked: an offset outside the span traps.
extension Span where Element == UInt8 {
    func uint16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    func uint32(at offset: Int) -> UInt32 {
        UInt32(uint16(at: offset)) << 16 | UInt32(uint16(at: offset + 2))
    }
}

extension MutableSpan where Element == UInt8 {
    mutating func put(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    mutating func put(_ value: UInt32, at offset: Int) {
        put(UInt16(truncatingIfNeeded: value >> 16), at: offset)
        put(UInt16(truncatingIfNeeded: value), at: offset + 2)
    }

    /// Computes the checksum of the IPv4 header in `header` anew.
    mutating func putIPv4Checksum(_ header: Range<Int>) {
        put(UInt16(0), at: header.lowerBound + 10)
        var sum = OnesSum()
        sum.add(span.extracting(header))
        put(~sum.value, at: header.lowerBound + 10)
    }
}
