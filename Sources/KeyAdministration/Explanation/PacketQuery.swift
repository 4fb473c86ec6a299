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
    /// The packet's mark; 0 for none.
    package var mark: UInt32
    /// The ID of the xfrm interface that it passes; 0 for none.
    package var interfaceID: UInt32

    package init(
        source: IPAddress, destination: IPAddress, upperProtocol: UInt8 = 0, sourcePort: UInt16 = 0,
        destinationPort: UInt16 = 0, mark: UInt32 = 0, interfaceID: UInt32 = 0
    ) {
        self.source = source
        self.destination = destination
        self.upperProtocol = upperProtocol
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.mark = mark
        self.interfaceID = interfaceID
    }

    /// Whether a selector picks it.
    package func isSelected(by selector: Selector) -> Bool {
        selector.source.contains(source) && selector.destination.contains(destination)
            && (selector.upperProtocol == 0 || selector.upperProtocol == upperProtocol)
            && Self.isSelected(sourcePort, by: selector.sourcePort, selector.sourcePortMask)
            && Self.isSelected(
                destinationPort, by: selector.destinationPort, selector.destinationPortMask)
    }

    /// Whether a policy's or an SA's mark is the packet's, as the kernel compares them.
    package func carries(_ mark: Mark?) -> Bool {
        mark.map { self.mark & $0.mask == $0.value } ?? true
    }

    /// The packet as its SAs are looked up: a leaving one has the mark and the interface of its policy.
    func sought(under policy: SPDEntry?, _ direction: PolicyDirection) -> PacketQuery {
        guard let policy, direction == .outbound else { return self }
        var packet = self
        packet.mark = policy.mark.map { $0.value & $0.mask } ?? 0
        packet.interfaceID = policy.interfaceID
        return packet
    }

    private static func isSelected(_ port: UInt16, by wanted: UInt16, _ mask: UInt16?) -> Bool {
        (port ^ wanted) & (mask ?? (wanted == 0 ? 0 : .max)) == 0
    }
}
