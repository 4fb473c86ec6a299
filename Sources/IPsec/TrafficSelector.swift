/// One side of what a child SA protects, as IKE negotiates it: an address range, a protocol, a port range.
///
/// In IKEv1 this is the content of IDci or IDcr (RFC 2407 section 4.6.2); in IKEv2 of a traffic selector.
package struct TrafficSelector: Hashable, Sendable {
    package var first: IPAddress
    package var last: IPAddress
    /// Upper-layer protocol number; 0 for any.
    package var upperProtocol: UInt8
    /// Host byte order; 0...65535 is any.
    package var ports: ClosedRange<UInt16>

    package static let anyPort: ClosedRange<UInt16> = 0...65535

    /// Makes a selector of a range; nil if the families differ or the range is reversed.
    package init?(
        first: IPAddress, last: IPAddress, upperProtocol: UInt8 = 0, ports: ClosedRange<UInt16> = anyPort
    ) {
        guard first.family == last.family, first.value <= last.value else { return nil }
        self.first = first
        self.last = last
        self.upperProtocol = upperProtocol
        self.ports = ports
    }

    package init(_ prefix: IPPrefix, upperProtocol: UInt8 = 0, port: UInt16 = 0) {
        first = prefix.address
        last = prefix.last
        self.upperProtocol = upperProtocol
        ports = port == 0 ? Self.anyPort : port...port
    }

    package var family: AddressFamily { first.family }

    /// The prefix that holds exactly this range, if there is one.
    package var prefix: IPPrefix? {
        let prefixes = prefixes
        return prefixes.count == 1 ? prefixes.first : nil
    }

    /// The fewest prefixes that hold exactly this range.
    package var prefixes: [IPPrefix] { IPPrefix.covering(first: first, last: last) }

    /// The single port, or 0 for any.
    package var port: UInt16 { ports.lowerBound == ports.upperBound ? ports.lowerBound : 0 }

    /// Whether every packet `other` selects is selected by this one too.
    package func contains(_ other: TrafficSelector) -> Bool {
        family == other.family && first <= other.first && other.last <= last
            && (upperProtocol == 0 || upperProtocol == other.upperProtocol)
            && ports.lowerBound <= other.ports.lowerBound && other.ports.upperBound <= ports.upperBound
    }
}

extension TrafficSelector: CustomStringConvertible {
    package var description: String {
        var text: String
        if let prefix {
            text = prefix.description
        } else {
            text = "\(first)-\(last)"
        }
        if ports != Self.anyPort {
            text += ports.count == 1 ? "[\(ports.lowerBound)]" : "[\(ports.lowerBound)-\(ports.upperBound)]"
        }
        return upperProtocol == 0 ? text : "\(text) proto \(upperProtocol)"
    }
}
