package import Calendar

extension DERReader {
    /// Takes a UTCTime or GeneralizedTime in UTC, to the second (RFC 5280 section 4.1.2.5).
    package mutating func takeTime() throws(DERError) -> Timestamp {
        switch nextTag {
        case .utcTime?:
            let digits = try take().content
            guard let first = digits.first, digits.count == 13 else {
                throw .notCanonical("a UTCTime that is not YYMMDDHHMMSSZ")
            }
            let century: [UInt8] = Array((first >= UInt8(ascii: "5") ? "19" : "20").utf8)
            return try Self.moment(century + digits)
        case .generalizedTime?: return try Self.moment(Array(take().content))
        case let other: throw .unexpected(found: other, expected: .generalizedTime)
        }
    }

    /// Takes a GeneralizedTime tagged as something else.
    package mutating func takeGeneralizedTime(_ tag: DERTag = .generalizedTime) throws(DERError) -> Timestamp
    {
        try Self.moment(Array(take(tag).content))
    }

    private static func moment(_ text: [UInt8]) throws(DERError) -> Timestamp {
        let digits = text.dropLast().map { Int64($0) - 0x30 }
        guard digits.count == 14, text.last == UInt8(ascii: "Z"), digits.allSatisfy({ (0...9).contains($0) })
        else {
            throw .notCanonical("a time that is not YYYYMMDDHHMMSSZ")
        }
        func number(_ range: Range<Int>) -> Int64 { digits[range].reduce(0) { $0 * 10 + $1 } }
        guard
            let moment = Timestamp(
                year: number(0..<4), month: number(4..<6), day: number(6..<8),
                hour: number(8..<10), minute: number(10..<12), second: number(12..<14))
        else { throw .outOfRange("a date or time of day") }
        return moment
    }
}
