internal import Wire

/// What a pcapng file says of an interface that packets were captured on.
struct CaptureInterface: Hashable {
    let linkType: LinkType
    /// Octets kept of a packet; 0 for all.
    let snapLength: UInt32
    /// Ticks in a second of packets' times.
    private(set) var ticksPerSecond: UInt64 = 1_000_000
    /// Seconds to add to packets' times.
    private(set) var timeOffset: Int64 = 0

    /// Why a description cannot be used.
    enum Fault: Error {
        case truncated
        /// `if_tsresol` as it stands.
        case resolution(UInt8)
    }

    private enum Option {
        static let end: UInt16 = 0
        static let timeResolution: UInt16 = 9
        static let timeOffset: UInt16 = 14
    }

    /// Reads a description block's body.
    init(_ body: [UInt8], _ order: ByteOrder) throws(Fault) {
        do throws(WireError) {
            var span = body.span
            linkType = LinkType(rawValue: UInt32(try span.takeUInt16(order)))
            try span.skip(2)
            snapLength = try span.takeUInt32(order)
        } catch {
            throw .truncated
        }
        try readOptions(body, order)
    }

    private mutating func readOptions(_ body: [UInt8], _ order: ByteOrder) throws(Fault) {
        var rest = body.span.extracting(droppingFirst: 8)
        while let option = try Self.takeOption(&rest, order), option.code != Option.end {
            switch (option.code, option.value.count) {
            case (Option.timeResolution, 1): try setResolution(option.value.first ?? 0)
            case (Option.timeOffset, 8):
                var value = option.value.span
                let offset = (try? value.takeUInt64(order)) ?? 0
                timeOffset = Int64(bitPattern: offset)
            default: break
            }
        }
    }

    /// nil at the end of the options.
    private static func takeOption(
        _ rest: inout Span<UInt8>, _ order: ByteOrder
    ) throws(Fault) -> (code: UInt16, value: [UInt8])? {
        guard !rest.isEmpty else { return nil }
        do throws(WireError) {
            let (code, count) = (try rest.takeUInt16(order), Int(try rest.takeUInt16(order)))
            let value = try rest.takeBytes(count)
            try rest.skip((4 - count % 4) % 4)
            return (code, value)
        } catch {
            throw .truncated
        }
    }

    /// The high bit says that the rest is a power of two, else of ten.
    private mutating func setResolution(_ option: UInt8) throws(Fault) {
        let exponent = option & 0x7f
        if option & 0x80 != 0 {
            guard exponent < 64 else { throw .resolution(option) }
            ticksPerSecond = 1 << UInt64(exponent)
        } else {
            guard exponent < 20 else { throw .resolution(option) }
            ticksPerSecond = (0..<exponent).reduce(1) { power, _ in power * 10 }
        }
    }
}
