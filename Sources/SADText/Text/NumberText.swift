/// Numbers of tools' output: decimal, or hexadecimal behind `0x`.
enum NumberText {
    static func parse<Number: FixedWidthInteger>(_ text: some StringProtocol) -> Number? {
        let isHexadecimal = text.hasPrefix("0x")
        let digits = isHexadecimal ? text.dropFirst(2) : text[...]
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
            return nil
        }
        return Number(digits, radix: isHexadecimal ? 16 : 10)
    }
}
