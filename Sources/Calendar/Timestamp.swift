/// A moment on the wall clock in UTC, to the second.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package let seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    /// A date of the proleptic Gregorian calendar with a time of day; nil where there is no such date or time.
    package init?(year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64) {
        guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second)
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = Self.floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        self.init(seconds: days * 86400 + hour * 3600 + minute * 60 + second)
        guard parts.day == day else { return nil }
    }

    package static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

    /// Year, month, day of the proleptic Gregorian calendar, then hour, minute, second.
    ///
    /// Counts in eras of 400 years that start on 1 March, so that the leap day is the last of its year.
    package var parts: (year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64) {
        let days = Self.floorDivide(seconds, 86400)
        let time = seconds - days * 86400
        let shifted = days + 719_468
        let era = Self.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (
            year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1, time / 3600, time / 60 % 60, time % 60
        )
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }

    private static func padded(_ number: Int64, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// `2026-11-21 03:46:49`, for people.
    package var words: String {
        let parts = parts
        let date = "\(Self.padded(parts.year, 4))-\(Self.padded(parts.month))-\(Self.padded(parts.day))"
        return "\(date) \(Self.padded(parts.hour)):\(Self.padded(parts.minute)):\(Self.padded(parts.second))"
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC, `2026-11-21T03:46:49Z`.
    package var description: String {
        words.replacingOneSpace(with: "T") + "Z"
    }

    /// Reads what `description` writes, and nothing else.
    package init?(_ text: String) {
        let octets = Array(text.utf8)
        guard octets.count == 20 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard octets[range].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int64(String(decoding: octets[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard description == text else { return nil }
    }
}

extension String {
    fileprivate func replacingOneSpace(with letter: Character) -> String {
        String(map { $0 == " " ? letter : $0 })
    }
}
