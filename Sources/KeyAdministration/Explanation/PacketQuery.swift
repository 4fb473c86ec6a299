package import IPsec

/// A packet that somebody asks about.
package struct PacketQuery: Hashable, Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    /// 0 for one that only policies for any protocol match.
    package var upperProtocol: UInt8
    /// Host byte order; 0 for one that only policies for any port match.
    ///
    /// For ICMP the type and code.
    package var sourcePort: UInt16
    package var destinationPort: UInt16

    package init(
        source: IPAddress, destination: IPAddress, upperProtocol: UInt8 = 0, sourcePort: UInt16 = 0,
        destinationPort: UInt16 = 0
    ) {
        self.source = source
        self.destination = destination
        self.upperProtocol = upperProtocol
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
    }

    /// Whether a selector picks it.
    package func isSelected(by selector: Selector) -> Bool {
        selector.source.contains(source) && selector.destination.contains(destination)
            && (selector.upperProtocol == 0 || selector.upperProtocol == upperProtocol)
            && Self.isSelected(sourcePort, by: selector.sourcePort, selector.sourcePortMask)
            && Self.isSelected(
                destinationPort, by: selector.destinationPort, selector.destinationPortMask)
    }

    private static func isSelected(_ port: UInt16, by wanted: UInt16, _ mask: UInt16?) -> Bool {
        (port ^ wanted) & (mask ?? (wanted == 0 ? 0 : .max)) == 0
    }
}
