/// Which packets a policy or a security association is for, in the direction the packet travels.
///
/// This is the kernel's form (prefixes and single ports). `TrafficSelector` is the negotiation's form.
package struct Selector: Hashable, Sendable {
    package var source: IPPrefix
    package var destination: IPPrefix
    /// Upper-layer protocol number; 0 for any.
    package var upperProtocol: UInt8
    /// Host byte order; 0 for any.
    ///
    /// For ICMP the type is in `sourcePort`, the code in `destinationPort`.
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    /// The bits of a port that count; nil for all of them, or none where the port is 0.
    package var sourcePortMask: UInt16?
    package var destinationPortMask: UInt16?

    package init(
        source: IPPrefix, destination: IPPrefix, upperProtocol: UInt8 = 0, sourcePort: UInt16 = 0,
        destinationPort: UInt16 = 0, sourcePortMask: UInt16? = nil, destinationPortMask: UInt16? = nil
    ) {
        self.source = source
        self.destination = destination
        self.upperProtocol = upperProtocol
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.sourcePortMask = sourcePortMask
        self.destinationPortMask = destinationPortMask
    }

    package var family: AddressFamily { source.family }

    /// The selector of packets that go the other way.
    package var reversed: Selector {
        Selector(
            source: destination, destination: source, upperProtocol: upperProtocol,
            sourcePort: destinationPort, destinationPort: sourcePort, sourcePortMask: destinationPortMask,
            destinationPortMask: sourcePortMask)
    }
}

extension Selector: CustomStringConvertible {
    /// `10.1.0.0/24 -> 10.2.0.0/24`, with ports and protocol where they are not any.
    package var description: String {
        let from = Self.end(source, sourcePort, sourcePortMask)
        let to = Self.end(destination, destinationPort, destinationPortMask)
        let text = "\(from) -> \(to)"
        return upperProtocol == 0 ? text : "\(text) proto \(upperProtocol)"
    }

    private static func end(_ prefix: IPPrefix, _ port: UInt16, _ mask: UInt16?) -> String {
        if let mask { return "\(prefix)[\(port)/0x\(String(mask, radix: 16))]" }
        return port == 0 ? "\(prefix)" : "\(prefix)[\(port)]"
    }
}
