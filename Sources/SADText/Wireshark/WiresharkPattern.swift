import IPsec
import SourceText

/// Addresses and SPIs of Wireshark's tables, parts of which stars leave open.
enum WiresharkPattern {
    private static let anything = "*"

    /// `192.0.2.1`, `192.0.2.0/24`, `192.0.*.*` or `*`.
    static func addresses(
        _ text: String, _ family: AddressFamily, at place: SourceLocation
    ) throws(Diagnostic) -> PacketCoverage.Addresses {
        if text == anything { return PacketCoverage.Addresses(.unspecified(family), mask: 0) }
        if let prefix = IPPrefix(text), prefix.family == family {
            return PacketCoverage.Addresses(prefix.address, mask: mask(prefix))
        }
        if family == .ipv4, let pattern = octets(text) { return pattern }
        throw place.error(
            "expected an \(family == .ipv4 ? "IPv4" : "IPv6") address, a network with its length, or *, found '\(text.prefix(60))'"
        )
    }

    private static func mask(_ prefix: IPPrefix) -> UInt128 {
        let hostBits = prefix.family.addressBits - prefix.length
        return hostBits >= 128 ? 0 : .max << UInt128(hostBits)
    }

    /// Four octets, stars for any.
    private static func octets(_ text: String) -> PacketCoverage.Addresses? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt128 = 0
        var mask: UInt128 = 0
        for part in parts {
            let isOpen = part == anything
            guard isOpen || UInt8(part) != nil else { return nil }
            value = value << 8 | UInt128(UInt8(part) ?? 0)
            mask = mask << 8 | (isOpen ? 0 : 0xff)
        }
        return PacketCoverage.Addresses(IPAddress(family: .ipv4, value: value), mask: mask)
    }

    /// `0x00001001`, `4097`, `0x0000****` or `*`.
    static func spi(_ text: String, at place: SourceLocation) throws(Diagnostic) -> (SPI, mask: UInt32) {
        if text == anything { return (SPI(0), 0) }
        if let number: UInt32 = NumberText.parse(text) { return (SPI(number), .max) }
        let digits = text.dropFirst(2)
        let value: UInt32? = NumberText.parse("0x" + digits.map { $0 == "*" ? "0" : String($0) }.joined())
        guard text.hasPrefix("0x"), digits.count == 8, let value else {
            throw place.error("expected an SPI as 0x and eight digits, of which * leaves some open, or *")
        }
        let mask = digits.reduce(UInt32(0)) { $0 << 4 | ($1 == "*" ? 0 : 0xf) }
        return (SPI(value), mask)
    }
}
