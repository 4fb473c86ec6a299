import KeyMaterial
import Testing

struct SecretBytesTests {
    private func octets(_ secret: borrowing SecretBytes) -> [UInt8] {
        secret.withSpan { span in span.indices.map { span[$0] } }
    }

    @Test func startsAtZeroAndKeepsWhatIsWritten() {
        let empty = unsafe SecretBytes(count: 0) { _ in }
        let two = unsafe SecretBytes(count: 2) { target in unsafe target[1] = 9 }
        let counts = (empty.count, octets(empty), octets(two))
        #expect(counts.0 == 0)
        #expect(counts.1 == [])
        #expect(counts.2 == [0, 9])
    }

    @Test func consumingWipesTheArray() {
        var bytes: [UInt8] = [1, 2, 3]
        let secret = SecretBytes(consuming: &bytes)
        let kept = octets(secret)
        #expect(bytes == [])
        #expect(kept == [1, 2, 3])
    }

    @Test func extractsRanges() {
        let secret = SecretBytes(copying: [1, 2, 3, 4])
        let middle = octets(secret.extracting(1..<3))
        let none = octets(secret.extracting(4..<4))
        #expect(middle == [2, 3])
        #expect(none == [])
        let key = SecretKey(copying: [1, 2, 3, 4]).extracting(2..<4)
        #expect(SecretKey.constantTimeEqual(key, SecretKey(copying: [3, 4])))
    }

    @Test func comparesWholeContents() {
        let one = SecretBytes(copying: [1, 2])
        let same = SecretBytes(copying: [1, 2])
        let other = SecretBytes(copying: [1, 3])
        let longer = SecretBytes(copying: [1, 2, 0])
        let results = [
            SecretBytes.constantTimeEqual(one, same), SecretBytes.constantTimeEqual(one, other),
            SecretBytes.constantTimeEqual(one, longer),
        ]
        #expect(results == [true, false, false])
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2], [3, 2]))
        #expect(constantTimeEqual([], []))
    }

    @Test(arguments: [
        ("00ff", [0, 255]), ("AbCd", [0xab, 0xcd]), ("0", nil), ("", nil), ("0g", nil), ("0 ", nil),
    ])
    func readsHexadecimal(_ text: String, _ expected: [UInt8]?) {
        let secret = SecretBytes(copying: [0x78] + Array(text.utf8))
        var decoded: [UInt8]?
        if let value = secret.decodingHexadecimal(1..<secret.count) { decoded = octets(value) }
        #expect(decoded == expected)
    }
}
