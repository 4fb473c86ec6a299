package import IPsec

/// Which packets an SA is for, by their outer addresses and SPI: Wireshark's tables leave parts of them open.
package struct PacketCoverage: Hashable, Sendable {
    /// Addresses of which certain bits are given.
    package struct Addresses: Hashable, Sendable {
        package var address: IPAddress
        /// The bits of `address` that count.
        package var mask: UInt128

        package init(_ address: IPAddress, mask: UInt128 = .max) {
            self.address = address
            self.mask = mask
        }

        package func contains(_ other: IPAddress) -> Bool {
            other.family == address.family && (other.value ^ address.value) & mask == 0
        }

        /// Whether one address alone is meant.
        package var isSingle: Bool {
            let all: UInt128 = address.family == .ipv4 ? 0xffff_ffff : .max
            return mask & all == all
        }
    }

    package var source: Addresses
    package var destination: Addresses
    package var spi: SPI
    /// The bits of `spi` that count.
    package var spiMask: UInt32 = .max

    package init(source: Addresses, destination: Addresses, spi: SPI, spiMask: UInt32 = .max) {
        self.source = source
        self.destination = destination
        self.spi = spi
        self.spiMask = spiMask
    }

    /// What an entry names, and nothing else.
    package init(_ entry: SADEntry) {
        self.init(
            source: Addresses(entry.source), destination: Addresses(entry.id.destination),
            spi: entry.id.spi)
    }

    /// Whether nothing is left open.
    package var isExact: Bool { source.isSingle && destination.isSingle && spiMask == .max }

    package func contains(source: IPAddress, destination: IPAddress, spi: SPI) -> Bool {
        (spi.value ^ self.spi.value) & spiMask == 0 && self.source.contains(source)
            && self.destination.contains(destination)
    }
}
