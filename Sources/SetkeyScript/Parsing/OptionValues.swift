import IPsec
import SourceText

/// Values that options of SAs and of policies share.
extension OptionWord {
    /// `VALUE` or `VALUE/MASK`.
    func mark() throws(Diagnostic) -> Mark {
        let parts = try required("VALUE/MASK").split(separator: "/", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Number.parse($0).flatMap { UInt32(exactly: $0) } }
        guard let value = numbers.first, numbers.count == parts.count, numbers.count <= 2 else {
            throw wrong("VALUE/MASK")
        }
        return numbers.count == 2 ? Mark(value: value, mask: numbers[1]) : Mark(value: value)
    }

    func direction() throws(Diagnostic) -> Direction {
        guard let direction = Self.direction(try required("in")) else { throw wrong("in or out") }
        return direction
    }

    private static func direction(_ word: some StringProtocol) -> Direction? {
        switch word {
        case "in": .inbound
        case "out": .outbound
        default: nil
        }
    }

    /// `crypto:INTERFACE:out`.
    func offload() throws(Diagnostic) -> OffloadReference {
        let form = "crypto:INTERFACE:out"
        let parts = try required(form).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty, let direction = Self.direction(parts[2]),
            let extent = Self.extents[String(parts[0])]
        else { throw wrong("\(form), with crypto or packet, in or out") }
        return OffloadReference(
            interface: String(parts[1]), direction: direction, extent: extent, location: location)
    }

    private static let extents: [String: HardwareOffload.Extent] = ["crypto": .crypto, "packet": .packet]

    /// `SOURCE,DESTINATION,PROTOCOL,PORT,PORT`, the last three optional.
    func selector() throws(Diagnostic) -> Selector {
        let form = "SOURCE,DESTINATION,PROTOCOL,PORT,PORT"
        let parts = try required(form).split(separator: ",", omittingEmptySubsequences: false)
        guard [2, 3, 5].contains(parts.count), let source = IPPrefix(parts[0]),
            let destination = IPPrefix(parts[1]), source.family == destination.family
        else { throw wrong(form) }
        let numbers = parts.dropFirst(2).compactMap { Number.parse($0) }
        let upper = numbers.first ?? 0
        let ports = numbers.dropFirst().compactMap { UInt16(exactly: $0) }
        guard numbers.count == parts.count - 2, ports.count == max(numbers.count, 1) - 1,
            let upperProtocol = UInt8(exactly: upper)
        else { throw wrong(form) }
        return Selector(
            source: source, destination: destination, upperProtocol: upperProtocol,
            sourcePort: ports.first ?? 0, destinationPort: ports.last ?? 0)
    }

    /// `NUMBER:HEXADECIMAL`.
    func attribute() throws(Diagnostic) -> ForeignAttribute {
        let form = "NUMBER:HEXADECIMAL"
        let parts = try required(form).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Number.parse(parts[0]).flatMap({ UInt16(exactly: $0) }),
            let octets = Self.octets(parts[1])
        else { throw wrong(form) }
        return ForeignAttribute(number: number, octets: octets)
    }

    private static func octets(_ digits: Substring) -> [UInt8]? {
        let values = digits.utf8.map { Number.digit($0) }
        guard values.count.isMultiple(of: 2), !values.contains(nil) else { return nil }
        let nibbles = values.compactMap { $0.map { UInt8(truncatingIfNeeded: $0) } }
        return stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }
}
