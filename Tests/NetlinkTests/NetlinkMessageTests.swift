import KeyMaterial
import Testing
import Wire

@testable import Netlink

@Suite struct NetlinkMessageTests {
    private func encoded(_ request: NetlinkRequest, sequence: UInt32 = 7) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xee, count: request.encodedSize)
        unsafe bytes.withUnsafeMutableBytes { unsafe request.encode(into: $0, sequence: sequence) }
        return bytes
    }

    private var sample: NetlinkRequest {
        var request = NetlinkRequest(type: 0x10, flags: NetlinkFlag.replace)
        request.put(UInt32(0x0102_0304))
        request.putAttribute(5) { $0.put([1, 2, 3]) }
        request.putAttribute(6) { attribute in
            attribute.put(UInt16(9))
            attribute.put(SecretKey(copying: [0xaa, 0xbb, 0xcc]))
        }
        return request
    }

    @Test func keysAppearOnlyInTheEncodedMessage() {
        let request = sample
        #expect(!request.payload.contains(0xbb))
        #expect(encoded(request).contains(0xbb))
    }

    @Test func readsBackWhatItWrote() throws {
        let bytes = encoded(sample) + encoded(NetlinkRequest(type: 0x20), sequence: 8)
        var headers: [NetlinkHeader] = []
        var attributes: [[UInt8]] = []
        try bytes.span.forEachNetlinkMessage { header, payload throws(WireError) in
            headers.append(header)
            guard header.type == 0x10 else { return }
            var payload = payload
            #expect(try payload.takeHostUInt32() == 0x0102_0304)
            try payload.forEachNetlinkAttribute { type, value throws(WireError) in
                attributes.append([UInt8(truncatingIfNeeded: type)] + value.array)
            }
        }
        #expect(headers.map(\.type) == [0x10, 0x20])
        #expect(headers.map(\.sequence) == [7, 8])
        #expect(headers[0].flags == 0x101)
        #expect(attributes == [[5, 1, 2, 3], [6, 9, 0, 0xaa, 0xbb, 0xcc]])
    }

    @Test func aCutDatagramIsReportedAtEveryLength() {
        let bytes = encoded(sample)
        for length in 1..<bytes.count - 3 {
            let part = Array(bytes.prefix(length))
            var delivered = 0
            #expect(throws: WireError.self) {
                try part.span.forEachNetlinkMessage { _, _ throws(WireError) in delivered += 1 }
            }
            #expect(delivered == 0)
        }
    }

    @Test(
        arguments: [[0, 0, 1, 0], [3, 0, 1, 0], [5, 0, 1, 0], [4, 0], [255, 255, 1, 0, 9]] as [[UInt8]])
    func impossibleAttributeLengthsAreRefused(bytes: [UInt8]) {
        #expect(throws: WireError.self) {
            try bytes.span.forEachNetlinkAttribute { _, _ throws(WireError) in }
        }
    }

    @Test func readsTheKernelsExplanation() throws {
        var error = NetlinkRequest(type: 2)
        error.put(UInt32(bitPattern: -22))
        error.put(NetlinkRequest(type: 0).payload)
        error.put(UInt32(16))
        error.putZeros(12)
        error.putAttribute(1) { $0.put(Array("Invalid mode\0".utf8)) }
        let bytes = error.payload
        let header = NetlinkHeader(type: 2, flags: 0x300, sequence: 1, port: 0)
        let refusal = try NetlinkRefusal.decode(header, bytes.span)
        #expect(refusal == NetlinkRefusal(code: 22, explanation: "Invalid mode"))
        #expect(refusal?.description == "Invalid argument (Invalid mode)")
        for length in 4..<bytes.count {
            let part = Array(bytes.prefix(length))
            _ = try? NetlinkRefusal.decode(header, part.span)
        }
    }

    @Test func theSmallestErrorNumberDoesNotTrap() throws {
        let bytes: [UInt8] = [0, 0, 0, 0x80]
        let header = NetlinkHeader(type: 2, flags: 0, sequence: 1, port: 0)
        #expect(try NetlinkRefusal.decode(header, bytes.span) != nil)
    }
}
