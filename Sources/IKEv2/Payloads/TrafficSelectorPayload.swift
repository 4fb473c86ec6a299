package import IPsec
import ISAKMP
import Wire

/// The traffic of one side (RFC 7296 sections 3.13 and 3.13.1).
///
///     +---------------+-----------------------------------------------+
///     | Number of TSs |                   Reserved                    |
///     +---------------+-----------------------------------------------+
///     |    TS type    |  IP protocol  |           Length              |
///     +---------------+---------------+-------------------------------+
///     |           Start port          |           End port            |
///     +-------------------------------+-------------------------------+
///     ~               Starting address, ending address                ~
///     +---------------------------------------------------------------+
package struct TrafficSelectorPayload: Hashable, Sendable {
    /// Which of the two traffic selector payloads it is.
    package enum Side: Hashable, Sendable {
        case initiator
        case responder
    }

    /// One selector as it stands on the wire.
    package enum Element: Hashable, Sendable {
        case selector(TrafficSelector)
        /// Traffic whose ports cannot be seen, such as fragments; the ports are written 65535 to 0.
        case opaquePorts(TrafficSelector)
        /// A type nobody here knows, or a range that ends before it begins: it selects nothing.
        case unusable(type: UInt8, [UInt8])
    }

    /// Selectors that are read in one payload; the number is one octet.
    package static let maximumCount = 255

    package var elements: [Element]

    package init(_ selectors: [TrafficSelector]) {
        elements = selectors.map(Element.selector)
    }

    /// What can be narrowed to; selectors of other kinds are left out.
    package var selectors: [TrafficSelector] {
        elements.compactMap { element in
            if case .selector(let selector) = element { selector } else { nil }
        }
    }

    init(body: Span<UInt8>, _ type: PayloadType) throws(MessageError) {
        var left: [UInt8] = []
        let (announced, elements) = try MessageError.reading(type, body) { rest throws(WireError) in
            let count = Int(try rest.takeUInt8())
            try rest.skip(3)
            var elements: [Element] = []
            for _ in 0..<count { elements.append(try Element(taking: &rest)) }
            left = rest.takeRemainingBytes()
            return (count, elements)
        }
        guard announced > 0, left.isEmpty else {
            throw MessageError(
                .payload(type),
                .content("\(announced) traffic selectors announced and \(left.count) octets after them"))
        }
        self.elements = elements
    }

    func write(_ type: PayloadType, to writer: inout ByteWriter) throws(MessageError) {
        guard let count = UInt8(exactly: elements.count), count > 0 else {
            throw MessageError(
                .payload(type), .content("\(elements.count) traffic selectors, expected 1 to 255"))
        }
        try MessageError.writing(type, to: &writer) { writer throws(WireError) in
            writer.put(count)
            writer.putZeros(3)
            for element in elements { try element.write(to: &writer) }
        }
    }
}

extension TrafficSelectorPayload.Element {
    private static let ipv4Range: UInt8 = 7
    private static let ipv6Range: UInt8 = 8

    /// Octets before what depends on the type.
    private static let headSize = 4

    fileprivate init(taking bytes: inout Span<UInt8>) throws(WireError) {
        let type = try bytes.takeUInt8()
        let upperProtocol = try bytes.takeUInt8()
        let length = Int(try bytes.takeUInt16())
        guard length >= Self.headSize else {
            throw .truncated(needed: Self.headSize, available: length)
        }
        let content = try bytes.takeBytes(length - Self.headSize)
        self =
            Self.read(content, type, upperProtocol) ?? .unusable(type: type, [upperProtocol] + content)
    }

    /// nil unless it is an address range that a packet could match.
    private static func read(_ content: [UInt8], _ type: UInt8, _ upperProtocol: UInt8) -> Self? {
        let size = type == ipv4Range ? 4 : 16
        guard type == ipv4Range || type == ipv6Range, content.count == 4 + 2 * size,
            let first = IPAddress(bytes: content[4..<(4 + size)]),
            let last = IPAddress(bytes: content[(4 + size)...])
        else { return nil }
        let start = UInt16(content[0]) << 8 | UInt16(content[1])
        let end = UInt16(content[2]) << 8 | UInt16(content[3])
        let isOpaque = start == 65535 && end == 0
        guard isOpaque || start <= end else { return nil }
        let selector = TrafficSelector(
            first: first, last: last, upperProtocol: upperProtocol,
            ports: isOpaque ? TrafficSelector.anyPort : start...end)
        return selector.map { isOpaque ? .opaquePorts($0) : .selector($0) }
    }

    fileprivate func write(to writer: inout ByteWriter) throws(WireError) {
        switch self {
        case .selector(let selector):
            try Self.write(
                selector, start: selector.ports.lowerBound, end: selector.ports.upperBound, to: &writer)
        case .opaquePorts(let selector): try Self.write(selector, start: 65535, end: 0, to: &writer)
        case .unusable(let type, let content):
            writer.put(type)
            writer.put(content.first ?? 0)
            try writer.putLengthPrefixed16(including: 2) { writer in writer.put(Array(content.dropFirst())) }
        }
    }

    private static func write(
        _ selector: TrafficSelector, start: UInt16, end: UInt16, to writer: inout ByteWriter
    ) throws(WireError) {
        writer.put(selector.family == .ipv4 ? ipv4Range : ipv6Range)
        writer.put(selector.upperProtocol)
        try writer.putLengthPrefixed16(including: 2) { writer in
            writer.put(start)
            writer.put(end)
            writer.put(selector.first.bytes)
            writer.put(selector.last.bytes)
        }
    }
}
