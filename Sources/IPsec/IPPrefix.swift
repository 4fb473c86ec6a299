/// A network: an address and how many of its leading bits count.
///
/// Host bits are always zero.
package struct IPPrefix: Hashable, Sendable {
    package let address: IPAddress
    /// Leading bits that count: 0 to 32, or 0 to 128.
    package let length: Int

    /// Makes a prefix, clearing host bits; nil when `length` does not fit the family.
    package init?(_ address: IPAddress, length: Int) {
        guard (0...address.family.addressBits).contains(length) else { return nil }
        self.address = IPAddress(
            family: address.family, value: address.value & Self.mask(address.family, length))
        self.length = length
    }

    /// The prefix of one address alone.
    package init(host address: IPAddress) {
        self.address = address
        length = address.family.addressBits
    }

    /// Every address of a family.
    package static func any(_ family: AddressFamily) -> IPPrefix {
        IPPrefix(unchecked: .unspecified(family), length: 0)
    }

    private init(unchecked address: IPAddress, length: Int) {
        self.address = address
        self.length = length
    }

    package var family: AddressFamily { address.family }
    package var isHost: Bool { length == family.addressBits }

    /// The highest address in the network.
    package var last: IPAddress {
        IPAddress(family: family, value: address.value | ~Self.mask(family, length))
    }

    package func contains(_ other: IPAddress) -> Bool {
        other.family == family && other.value & Self.mask(family, length) == address.value
    }

    package func contains(_ other: IPPrefix) -> Bool {
        other.length >= length && contains(other.address)
    }

    /// The fewest prefixes that together hold exactly the addresses `first` to `last`; empty if reversed or mixed.
    package static func covering(first: IPAddress, last: IPAddress) -> [IPPrefix] {
        guard first.family == last.family, first.value <= last.value else { return [] }
        let bits = first.family.addressBits
        var prefixes: [IPPrefix] = []
        var start = first.value
        while true {
            var hostBits = min(start == 0 ? bits : start.trailingZeroBitCount, bits)
            while hostBits > 0, Self.end(of: start, hostBits: hostBits) > last.value { hostBits -= 1 }
            prefixes.append(
                IPPrefix(unchecked: IPAddress(family: first.family, value: start), length: bits - hostBits))
            let end = Self.end(of: start, hostBits: hostBits)
            guard end < last.value else { return prefixes }
            start = end + 1
        }
    }

    private static func end(of start: UInt128, hostBits: Int) -> UInt128 {
        hostBits >= 128 ? .max : start | (UInt128(1) << UInt128(hostBits) - 1)
    }

    private static func mask(_ family: AddressFamily, _ length: Int) -> UInt128 {
        let all: UInt128 = family == .ipv4 ? 0xffff_ffff : .max
        let hostBits = family.addressBits - length
        return hostBits >= 128 ? 0 : all & ~(UInt128(1) << UInt128(hostBits) - 1)
    }
}

extension IPPrefix: CustomStringConvertible {
    package var description: String { address.description + "/" + String(length) }

    /// Reads `ADDRESS/LENGTH`, or `ADDRESS` for the host alone.
    ///
    /// Host bits are cleared.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        guard parts.count == 2 else {
            self.init(host: address)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]) else {
            return nil
        }
        self.init(address, length: length)
    }
}
