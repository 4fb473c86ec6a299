/// The two address families of IP.
@usableFromInline package enum AddressFamily: Hashable, Sendable {
    case ipv4
    case ipv6

    /// Bits in an address.
    package var addressBits: Int { self == .ipv4 ? 32 : 128 }

    /// Written out so that other modules can inline it: it is asked for several times with each packet.
    @inlinable package static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.ipv4, .ipv4), (.ipv6, .ipv6): true
        case (.ipv4, .ipv6), (.ipv6, .ipv4): false
        }
    }
}

/// An IPv4 or IPv6 address, as a number: an IPv4 address is the low 32 bits.
@usableFromInline package struct IPAddress: Hashable, Sendable {
    /// Two halves: a number of 128 bits would have every value with an address in it take up a third more room.
    @usableFromInline let high: UInt64
    @usableFromInline let low: UInt64
    @usableFromInline package let family: AddressFamily

    /// The address as an unsigned number, most significant octet first on the wire.
    @inlinable package var value: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// Makes an address from its number; bits beyond the family's width are dropped.
    @inlinable @inline(always)
    package init(family: AddressFamily, value: UInt128) {
        self.family = family
        high = family == .ipv4 ? 0 : UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value) & (family == .ipv4 ? 0xffff_ffff : .max)
    }

    /// Makes an address from 4 or 16 octets in network order; nil for any other count.
    @inlinable package init?(bytes: some Collection<UInt8>) {
        let count = bytes.count
        guard count == 4 || count == 16 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for octet in bytes { (high, low) = (high << 8 | low >> 56, low << 8 | UInt64(octet)) }
        self.high = high
        self.low = low
        family = count == 4 ? .ipv4 : .ipv6
    }

    /// The unspecified address, 0.0.0.0 or `::`.
    package static func unspecified(_ family: AddressFamily) -> IPAddress {
        IPAddress(family: family, value: 0)
    }

    package var isUnspecified: Bool { value == 0 }

    /// 4 or 16 octets in network order.
    package var bytes: [UInt8] {
        let lower = stride(from: min(family.addressBits, 64) - 8, through: 0, by: -8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(family.addressBits / 8)
        if family == .ipv6 {
            for shift in lower { bytes.append(UInt8(truncatingIfNeeded: high >> UInt64(shift))) }
        }
        for shift in lower { bytes.append(UInt8(truncatingIfNeeded: low >> UInt64(shift))) }
        return bytes
    }

    /// `fe80::/10`.
    package var isLinkLocal: Bool { family == .ipv6 && value >> 118 == 0x3fa }
}

extension IPAddress: Comparable {
    @usableFromInline package static func < (left: Self, right: Self) -> Bool {
        left.family == right.family ? left.value < right.value : left.family == .ipv4
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the form of RFC 5952.
    @usableFromInline package var description: String { IPAddressText.format(self) }

    /// Reads dotted decimal (four parts, no leading zeros) or any form of RFC 4291 section 2.2, without a zone.
    package init?(_ text: some StringProtocol) {
        self.init(characters: Array(text.utf8)[...])
    }

    /// Reads the same from characters in ASCII.
    package init?(characters: ArraySlice<UInt8>) {
        guard let address = IPAddressText.parse(characters) else { return nil }
        self = address
    }
}
