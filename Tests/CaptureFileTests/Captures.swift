import CaptureFile

/// Capture files made octet by octet, independently of the writer.
struct FileOctets {
    var order: ByteOrder
    var octets: [UInt8] = []

    init(_ order: ByteOrder = .little) {
        self.order = order
    }

    mutating func put16(_ value: UInt16) {
        let bytes = [UInt8(value >> 8), UInt8(value & 0xff)]
        octets += order == .big ? bytes : bytes.reversed()
    }

    mutating func put32(_ value: UInt32) {
        let bytes = stride(from: 24, through: 0, by: -8).map { UInt8(value >> UInt32($0) & 0xff) }
        octets += order == .big ? bytes : bytes.reversed()
    }

    mutating func put(_ bytes: [UInt8]) { octets += bytes }

    /// A pcap file's header.
    static func pcap(_ order: ByteOrder, magic: UInt32 = 0xa1b2_c3d4, linkType: UInt32 = 101) -> FileOctets {
        var file = FileOctets(order)
        file.put32(magic)
        file.put16(2)
        file.put16(4)
        for word in [0, 0, 65535, linkType] { file.put32(word) }
        return file
    }

    mutating func record(_ seconds: UInt32, _ fraction: UInt32, _ bytes: [UInt8], original: UInt32? = nil) {
        put32(seconds)
        put32(fraction)
        put32(UInt32(bytes.count))
        put32(original ?? UInt32(bytes.count))
        put(bytes)
    }

    /// A block of a pcapng file.
    mutating func block(_ type: UInt32, _ body: (inout FileOctets) -> Void) {
        var inner = FileOctets(order)
        body(&inner)
        while inner.octets.count % 4 != 0 { inner.octets.append(0) }
        put32(type)
        put32(UInt32(inner.octets.count + 12))
        put(inner.octets)
        put32(UInt32(inner.octets.count + 12))
    }

    mutating func section(major: UInt16 = 1) {
        block(0x0a0d_0d0a) {
            $0.put32(0x1a2b_3c4d)
            $0.put16(major)
            $0.put16(0)
            $0.put32(.max)
            $0.put32(.max)
        }
    }

    mutating func interface(_ linkType: UInt16, snap: UInt32 = 0, options: [(UInt16, [UInt8])] = []) {
        block(1) {
            $0.put16(linkType)
            $0.put16(0)
            $0.put32(snap)
            for (code, value) in options { $0.option(code, value) }
        }
    }

    mutating func option(_ code: UInt16, _ value: [UInt8]) {
        put16(code)
        put16(UInt16(value.count))
        put(value + Array(repeating: 0, count: (4 - value.count % 4) % 4))
    }

    mutating func packet(
        _ interface: UInt32, ticks: UInt64, _ bytes: [UInt8], original: UInt32? = nil,
        options: [(UInt16, [UInt8])] = []
    ) {
        block(6) {
            $0.put32(interface)
            $0.put32(UInt32(ticks >> 32))
            $0.put32(UInt32(ticks & 0xffff_ffff))
            $0.put32(UInt32(bytes.count))
            $0.put32(original ?? UInt32(bytes.count))
            $0.put(bytes + Array(repeating: 0, count: (4 - bytes.count % 4) % 4))
            for (code, value) in options { $0.option(code, value) }
        }
    }
}

/// All packets of a file that comes in pieces, and what ended it.
func readAll(_ octets: [UInt8], piece: Int = 7) -> (packets: [CapturedPacket], failure: CaptureFailure?) {
    var position = 0
    var packets: [CapturedPacket] = []
    do throws(CaptureFailure) {
        var reader = try CaptureReader { () throws(CaptureFailure) in
            let end = min(octets.count, position + piece)
            defer { position = end }
            return Array(octets[position..<end])
        }
        while let packet = try reader.next() { packets.append(packet) }
        return (packets, nil)
    } catch {
        return (packets, error)
    }
}
