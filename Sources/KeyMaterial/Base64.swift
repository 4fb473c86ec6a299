/// Secrets read straight from base64, so that no second copy of them is made on the way.
extension SecretBytes {
    /// Reads base64 (RFC 4648 section 4); blanks and line ends between the digits are skipped.
    ///
    /// nil for anything else: digits too few, padding that is missing or misplaced, bits left over that are set.
    package static func decoding(base64 digits: Span<UInt8>) -> SecretBytes? {
        guard let count = decodedCount(digits) else { return nil }
        var isCanonical = true
        let decoded = unsafe SecretBytes(count: count) { target in
            var bits: UInt32 = 0
            var held = 0
            var written = 0
            for index in digits.indices {
                guard let value = base64Value(digits[index]) else { continue }
                bits = bits << 6 | UInt32(value)
                held += 6
                guard held >= 8 else { continue }
                held -= 8
                unsafe target[written] = UInt8(truncatingIfNeeded: bits >> UInt32(held))
                written += 1
            }
            isCanonical = bits & ((1 << UInt32(held)) - 1) == 0
        }
        guard isCanonical else { return nil }
        return decoded
    }

    /// Octets that the digits spell; nil where they are no base64.
    private static func decodedCount(_ digits: Span<UInt8>) -> Int? {
        var count = 0
        var padding = 0
        for index in digits.indices {
            let digit = digits[index]
            if digit == 0x20 || (0x09...0x0d).contains(digit) { continue }
            if digit == UInt8(ascii: "=") {
                padding += 1
            } else if base64Value(digit) != nil, padding == 0 {
                count += 1
            } else {
                return nil
            }
        }
        guard count > 0, padding <= 2, (count + padding).isMultiple(of: 4) else { return nil }
        return count * 3 / 4
    }

    private static func base64Value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
