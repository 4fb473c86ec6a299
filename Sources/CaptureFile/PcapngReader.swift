internal import Wire

/// The packets of a pcapng file, as Wireshark writes it; blocks of other kinds are gone past.
struct PcapngReader {
    /// The type of a section's header, which reads the same in either byte order.
    static let magic: [UInt8] = [0x0a, 0x0d, 0x0d, 0x0a]
    /// A section with more interfaces is taken for a mistake.
    private static let maximumInterfaces = 65_536
    /// A description of an interface longer than this is taken for a mistake.
    private static let maximumDescription = 1 << 20

    private enum BlockType {
        static let section: UInt32 = 0x0a0d_0d0a
        static let interface: UInt32 = 1
        static let obsoletePacket: UInt32 = 2
        static let simplePacket: UInt32 = 3
        static let enhancedPacket: UInt32 = 6
    }

    private(set) var order = ByteOrder.little
    private var input: CaptureInput
    private var interfaces: [CaptureInterface] = []
    /// The block at hand, and where it begins.
    private var record: UInt64 = 1
    private var start: UInt64 = 0

    /// Reads the first section's header, of which the type has been taken.
    init(_ input: consuming CaptureInput) throws(CaptureFailure) {
        self.input = input
        try readSection()
    }

    mutating func next() throws(CaptureFailure) -> CapturedPacket? {
        while true {
            start = input.offset
            let type = try input.take(4)
            guard !type.isEmpty else { return nil }
            record += 1
            if type == Self.magic {
                try readSection()
            } else if let packet = try readBlock(try number(type)) {
                return packet
            }
        }
    }

    // MARK: blocks

    private mutating func readSection() throws(CaptureFailure) {
        let lengthAndMark = try take(8, "a section's header")
        guard let order = Self.order(ofMark: Array(lengthAndMark[4...])) else {
            throw malformed("no byte order mark", "the number 0x1a2b3c4d in either order")
        }
        self.order = order
        interfaces = []
        let bodyCount = try bodyCount(total: try number(Array(lengthAndMark[..<4])), least: 16)
        let version = try take(4, "a section's header")
        let major = try read(version) { (span, order) throws(WireError) in try span.takeUInt16(order) }
        guard major == 1 else { throw malformed("pcapng version \(major)", "version 1") }
        try finish(after: 8, of: bodyCount)
    }

    private static func order(ofMark octets: [UInt8]) -> ByteOrder? {
        switch octets {
        case [0x1a, 0x2b, 0x3c, 0x4d]: .big
        case [0x4d, 0x3c, 0x2b, 0x1a]: .little
        default: nil
        }
    }

    /// Reads the block of which the type has been taken; nil if it holds no packet.
    private mutating func readBlock(_ type: UInt32) throws(CaptureFailure) -> CapturedPacket? {
        let total = try number(try take(4, "a block's header"))
        switch type {
        case BlockType.interface: try readInterface(try bodyCount(total: total, least: 8))
        case BlockType.enhancedPacket: return try readPacket(try bodyCount(total: total, least: 20))
        case BlockType.obsoletePacket: return try readObsolete(try bodyCount(total: total, least: 20))
        case BlockType.simplePacket: return try readSimple(try bodyCount(total: total, least: 4))
        default: try finish(after: 0, of: try bodyCount(total: total, least: 0))
        }
        return nil
    }

    private mutating func readInterface(_ bodyCount: Int) throws(CaptureFailure) {
        guard bodyCount <= Self.maximumDescription, interfaces.count < Self.maximumInterfaces else {
            throw malformed(
                "interface \(interfaces.count) with \(bodyCount) octets of description",
                "at most \(Self.maximumInterfaces) interfaces of \(Self.maximumDescription) octets each")
        }
        let body = try take(bodyCount, "an interface's description")
        do throws(CaptureInterface.Fault) {
            interfaces.append(try CaptureInterface(body, order))
        } catch {
            switch error {
            case .truncated: throw malformed("an option that runs out of its block", "options that fit")
            case .resolution(let option):
                throw malformed("the time resolution \(option)", "at most 10^-19 or 2^-63 seconds")
            }
        }
        try finish(after: bodyCount, of: bodyCount)
    }

    private mutating func readPacket(_ bodyCount: Int) throws(CaptureFailure) -> CapturedPacket {
        let number = try number(try take(4, "a packet's header"))
        return try readTimed(interface(number), bodyCount)
    }

    private mutating func readObsolete(_ bodyCount: Int) throws(CaptureFailure) -> CapturedPacket {
        let octets = try take(4, "a packet's header")
        let number = try read(octets) { (span, order) throws(WireError) in try span.takeUInt16(order) }
        return try readTimed(interface(UInt32(number)), bodyCount)
    }

    /// What enhanced and obsolete packets share: time, both lengths, the packet.
    private mutating func readTimed(
        _ interface: CaptureInterface, _ bodyCount: Int
    ) throws(CaptureFailure) -> CapturedPacket {
        let header = try take(16, "a packet's header")
        let (ticks, captured, original) = try read(header) { (span, order) throws(WireError) in
            let (high, low) = (try span.takeUInt32(order), try span.takeUInt32(order))
            let (captured, original) = (try span.takeUInt32(order), try span.takeUInt32(order))
            return (UInt64(high) << 32 | UInt64(low), Int(captured), Int(original))
        }
        try require(captured, atMost: min(CaptureForm.maximumPacket, bodyCount - 20))
        let time = CaptureTime(
            ticks: ticks, perSecond: interface.ticksPerSecond, offset: interface.timeOffset)
        return try readBytes(captured, original, interface, time, after: 20, of: bodyCount)
    }

    private mutating func readSimple(_ bodyCount: Int) throws(CaptureFailure) -> CapturedPacket {
        let interface = try interface(0)
        let original = Int(try number(try take(4, "a packet's header")))
        let limit = interface.snapLength == 0 ? UInt32.max : interface.snapLength
        let captured = min(original, Int(limit))
        try require(captured, atMost: min(CaptureForm.maximumPacket, bodyCount - 4))
        return try readBytes(captured, original, interface, nil, after: 4, of: bodyCount)
    }

    private mutating func readBytes(
        _ captured: Int, _ original: Int, _ interface: CaptureInterface, _ time: CaptureTime?,
        after headerCount: Int, of bodyCount: Int
    ) throws(CaptureFailure) -> CapturedPacket {
        let bytes = try take(captured, "a packet")
        try finish(after: headerCount + captured, of: bodyCount)
        return CapturedPacket(
            record: record, time: time, linkType: interface.linkType, bytes: bytes,
            originalCount: max(original, captured))
    }

    // MARK: parts of blocks

    /// Octets between the two lengths of a block, which say the same.
    private func bodyCount(total: UInt32, least: Int) throws(CaptureFailure) -> Int {
        let expected = "a multiple of 4, at least \(least + 12)"
        guard let total = Int(exactly: total), total.isMultiple(of: 4), total >= least + 12 else {
            throw malformed("a block of \(total) octets", expected)
        }
        return total - 12
    }

    /// Goes past the rest of a block, and looks at the length at its end.
    private mutating func finish(after taken: Int, of bodyCount: Int) throws(CaptureFailure) {
        let rest = bodyCount - taken
        let skipped = try input.skip(rest)
        guard skipped == rest else {
            throw .cutShort(record, at: start, "a block", found: taken + skipped, expected: bodyCount)
        }
        let again = try number(try take(4, "a block"))
        guard again == UInt32(truncatingIfNeeded: bodyCount + 12) else {
            throw malformed("a block that ends with the length \(again)", "\(bodyCount + 12) as at its start")
        }
    }

    private func interface(_ number: UInt32) throws(CaptureFailure) -> CaptureInterface {
        guard let index = Int(exactly: number), index < interfaces.count else {
            throw malformed(
                "a packet of interface \(number)", "one of the \(interfaces.count) described before it")
        }
        return interfaces[index]
    }

    private func require(_ captured: Int, atMost limit: Int) throws(CaptureFailure) {
        guard captured <= limit else {
            throw malformed("a packet of \(captured) octets", "at most \(max(0, limit))")
        }
    }

    private mutating func take(_ count: Int, _ what: String) throws(CaptureFailure) -> [UInt8] {
        try input.take(count, of: record, at: start, what)
    }

    private func number(_ octets: [UInt8]) throws(CaptureFailure) -> UInt32 {
        try read(octets) { (span, order) throws(WireError) in try span.takeUInt32(order) }
    }

    private func read<Value>(
        _ octets: [UInt8], _ body: (inout Span<UInt8>, ByteOrder) throws(WireError) -> Value
    ) throws(CaptureFailure) -> Value {
        do throws(WireError) {
            var span = octets.span
            return try body(&span, order)
        } catch {
            throw .cutShort(record, at: start, "a block", found: octets.count, expected: 4)
        }
    }

    private func malformed(_ found: String, _ expected: String) -> CaptureFailure {
        CaptureFailure(.malformed, record: record, offset: start, found: found, expected: expected)
    }
}
