/// Secrets read straight from where they are written, so that no second copy of them is made on the way.
extension SecretBytes {
    /// Copies octets that are lent, and wiped by their owner.
    package init(copying octets: Span<UInt8>) {
        unsafe self.init(count: octets.count) { target in
            for index in octets.indices { unsafe target[index] = octets[index] }
        }
    }

    /// Reads hexadecimal digits, an odd count of them as if a zero were in front.
    ///
    /// nil for anything else, and for none.
    package static func decoding(hexadecimal digits: Span<UInt8>) -> SecretBytes? {
        guard !digits.isEmpty else { return nil }
        for index in digits.indices where hexadecimalValue(digits[index]) == nil { return nil }
        let padding = digits.count % 2
        return unsafe SecretBytes(count: (digits.count + padding) / 2) { target in
            for index in digits.indices {
                let place = (index + padding) / 2
                unsafe target[place] = target[place] << 4 | (hexadecimalValue(digits[index]) ?? 0)
            }
        }
    }
}
