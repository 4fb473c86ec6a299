import Testing
import Wire

struct ByteReadingTests {
    @Test func takesInNetworkOrder() throws {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]
        var rest = bytes.span
        let values = (
            try rest.takeUInt8(), try rest.takeUInt16(), try rest.takeUInt32(), try rest.takeUInt64()
        )
        try rest.skip(1)
        let two = try rest.takeBytes(1)
        let last = rest.takeRemainingBytes()
        let left = rest.count
        #expect(values.0 == 1)
        #expect(values.1 == 0x0203)
        #expect(values.2 == 0x0405_0607)
        #expect(values.3 == 0x0809_0a0b_0c0d_0e0f)
        #expect(two == [17])
        #expect(last == [18])
        #expect(left == 0)
    }

    /// A call that throws leaves the span as it was.
    @Test(arguments: 0..<8)
    func tooFewOctetsAreNamed(_ count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        var rest = bytes.span
        var failures: [WireError?] = []
        if count < 1 { failures.append(failure { () throws(WireError) in _ = try rest.takeUInt8() }) }
        if count < 2 { failures.append(failure { () throws(WireError) in _ = try rest.takeUInt16() }) }
        if count < 4 { failures.append(failure { () throws(WireError) in _ = try rest.takeUInt32() }) }
        failures.append(failure { () throws(WireError) in _ = try rest.takeUInt64() })
        failures.append(failure { () throws(WireError) in _ = try rest.takeBytes(8) })
        failures.append(failure { () throws(WireError) in try rest.skip(count + 1) })
        failures.append(failure { () throws(WireError) in try rest.skip(-1) })
        failures.append(failure { () throws(WireError) in _ = try rest.takeBytes(.max) })
        let left = rest.count
        #expect(left == count)
        #expect(failures.allSatisfy { $0 != nil })
        #expect(failures.dropLast().last == .truncated(needed: -1, available: count))
    }

    private func failure(_ body: () throws(WireError) -> Void) -> WireError? {
        do throws(WireError) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}

struct ByteWriterTests {
    @Test func putsInNetworkOrder() {
        var writer = ByteWriter(capacity: 4)
        writer.put(UInt8(1))
        writer.put(UInt16(0x0203))
        writer.put(UInt32(0x0405_0607))
        writer.put(UInt64(0x0809_0a0b_0c0d_0e0f))
        writer.put([0x10])
        writer.putZeros(2)
        writer.replace(at: 1, with: 0xaabb_ccdd)
        #expect(writer.bytes == [1, 0xaa, 0xbb, 0xcc, 0xdd, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 0])
        #expect(writer.count == 18)
    }

    @Test func fillsInLengths() throws {
        var writer = ByteWriter()
        try writer.putLengthPrefixed16(including: 2) { inner throws(WireError) in
            inner.put([1, 2, 3])
            try inner.putLengthPrefixed16 { $0.put(UInt8(9)) }
        }
        #expect(writer.bytes == [0, 10, 1, 2, 3, 0, 3, 9])
    }

    @Test func aLengthThatDoesNotFitIsRefused() throws {
        var writer = ByteWriter()
        #expect(throws: WireError.fieldOverflow(value: 65_536, maximum: 65_535)) {
            try writer.putLengthPrefixed16 { $0.putZeros(65_534) }
        }
        var largest = ByteWriter()
        try largest.putLengthPrefixed16 { $0.putZeros(65_533) }
        #expect(Array(largest.bytes.prefix(2)) == [0xff, 0xff])
    }
}
